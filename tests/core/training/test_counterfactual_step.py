"""One step of the counterfactual generator, against the same step written plainly, in float64."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.reference import counterfactual_step as plain
from xaitool.core.models.counterfactuals.patch_critic import PatchCritic
from xaitool.core.models.counterfactuals.stargan import StarGANGenerator
from xaitool.core.objectives.critic_losses import LossWeights
from xaitool.core.training.counterfactual_step import counterfactual_step, draw_targets
from xaitool.errors import ConfigError

CLASSES, SHAPE, RATE, BETAS = 4, (2, 10, 12), 1e-2, (0.5, 0.999)
WEIGHTS = LossWeights(classification=2, reconstruction=3, similarity=5, gradient_penalty=7)


class Classifier(nn.Module):
    """With everything that a step could leave a trace on."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(SHAPE[0], 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(),
            nn.Flatten(), nn.Linear(320, CLASSES),
        )  # fmt: skip
        self.seen: list[Tensor] = []

    def forward(self, images: Tensor) -> Tensor:
        self.seen.append(images.detach())
        logits: Tensor = self.layers(images)
        return logits


def networks(*, standalone: bool = False) -> tuple[StarGANGenerator, PatchCritic]:
    torch.manual_seed(0)
    generator = StarGANGenerator(SHAPE, CLASSES, width=3, blocks=1)
    critic = PatchCritic(SHAPE, CLASSES if standalone else None, width=4)
    return generator.double(), critic.double()


def classifier() -> Classifier:
    torch.manual_seed(3)
    return Classifier().double().eval()


def batch(count: int) -> tuple[Tensor, Tensor]:
    random = torch.Generator().manual_seed(1)
    images = torch.rand(count, *SHAPE, generator=random, dtype=torch.float64)
    return images, torch.randint(0, CLASSES, (count,), generator=random)


def stepped(
    generator: StarGANGenerator,
    critic: PatchCritic,
    *,
    count: int = 6,
    critic_steps: int = 3,
    weights: LossWeights = WEIGHTS,
    **options: Any,
) -> dict[str, Tensor]:
    adams = [
        torch.optim.Adam(one.parameters(), RATE, BETAS, fused=True) for one in (generator, critic)
    ]
    return counterfactual_step(
        generator, critic, (adams[0], adams[1]), *batch(count), torch.Generator().manual_seed(2),
        weights=weights, critic_steps=critic_steps, **options,
    )  # fmt: skip


@pytest.mark.parametrize("count", [6, 5, 1])
@pytest.mark.parametrize("loss", ["wasserstein", "log"])
@pytest.mark.parametrize("kind", ["ganmex", "standalone"])
def test_a_step_equals_the_step_written_out(kind: str, loss: Any, count: int):
    standalone = kind == "standalone"
    weights = LossWeights(**(vars(WEIGHTS) | {"adversarial_loss": loss}))
    judge = None if standalone else classifier()
    generator, critic = networks(standalone=standalone)
    parameters = [[*copy.deepcopy(one).parameters()] for one in (generator, critic)]
    losses = stepped(generator, critic, count=count, weights=weights, classifier=judge)

    images, labels = batch(count)
    expected, gradients = plain.step(
        parameters[0], parameters[1], images, labels, torch.Generator().manual_seed(2),
        classes=CLASSES, blocks=1, parts=3, weights=weights, rate=RATE, betas=BETAS,
        classifier=judge,
    )  # fmt: skip
    assert losses.keys() == expected.keys()
    for name, value in losses.items():
        torch.testing.assert_close(value, expected[name], rtol=1e-8, atol=1e-10, msg=name)
    for network, others in zip((generator, critic), parameters, strict=True):
        for one, other in zip(network.parameters(), others, strict=True):
            torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-7)
    # The critic's gradients are those of its own last update: the generator's step leaves none.
    for one, gradient in zip(critic.parameters(), gradients, strict=True):
        torch.testing.assert_close(one.grad, gradient, rtol=1e-6, atol=1e-9)


def test_the_classifier_never_changes_and_sees_pixels():
    judge = classifier()
    before = copy.deepcopy(judge.state_dict())
    generator, critic = networks()
    stepped(generator, critic, classifier=judge)
    for name, value in judge.state_dict().items():
        assert torch.equal(value, before[name]), name
    assert all(parameter.grad is None for parameter in judge.parameters())
    assert all(parameter.requires_grad for parameter in (*critic.parameters(), *judge.parameters()))
    (seen,) = judge.seen
    assert seen.shape == (2, *SHAPE)
    assert seen.min() >= 0
    assert seen.max() <= 1
    assert seen.min() < 0.5 < seen.max()


def test_nothing_that_is_returned_holds_a_graph():
    losses = stepped(*networks(standalone=True), classifier=None)
    assert not any(loss.requires_grad or loss.ndim for loss in losses.values())


@pytest.mark.parametrize("include_source", [False, True])
def test_targets_are_uniform_and_by_default_never_the_source(include_source: bool):
    labels = torch.arange(CLASSES).repeat_interleave(3000)
    targets = draw_targets(labels, CLASSES, torch.Generator().manual_seed(5), include_source)
    counts = torch.zeros(CLASSES, CLASSES).index_put_(
        (labels, targets), torch.ones(len(labels)), accumulate=True
    )
    assert (counts.diagonal() > 0).all() == include_source
    drawn = counts[~torch.eye(CLASSES, dtype=torch.bool)] if not include_source else counts
    expected = 3000 / (CLASSES - (not include_source))
    assert (drawn - expected).abs().max() < 5 * expected**0.5
    assert torch.equal(
        draw_targets(torch.tensor([0, 1]), 2, torch.Generator()), torch.tensor([1, 0])
    )


def test_own_class_is_asked_for_only_when_it_is_included():
    asked: list[tuple[Tensor, Tensor]] = []
    labels = batch(60)[1]
    for include_source in (False, True):
        generator, critic = networks()
        generator.register_forward_hook(lambda _, inputs, __: asked.append(inputs))
        stepped(
            generator, critic, count=60, critic_steps=1, classifier=classifier(),
            include_source=include_source,
        )  # fmt: skip
    # Forth and back without, forth and back with.
    assert not (asked[0][1] == labels).any()
    assert torch.equal(asked[1][1], labels)
    assert (asked[2][1] == labels).any()


@pytest.mark.parametrize(
    ("off", "absent", "generations", "judgements", "classifications"),
    [
        ({}, set(), 3, 2 * 3 + 1, 1),
        ({"reconstruction": 0}, {"reconstruction"}, 2, 2 * 3 + 1, 1),
        ({"similarity": 0}, {"similarity"}, 3, 2 * 3 + 1, 1),
        ({"classification": 0}, {"classification"}, 3, 2 * 3 + 1, 0),
        ({"gradient_penalty": 0}, {"gradient_penalty"}, 3, 3 + 1, 1),
    ],
)
def test_what_has_no_weight_is_not_computed(
    off: dict[str, float],
    absent: set[str],
    generations: int,
    judgements: int,
    classifications: int,
):
    judge = classifier()
    generator, critic = networks()
    calls: list[nn.Module] = []
    for network in (generator, critic):
        network.register_forward_hook(lambda module, inputs, output: calls.append(module))
    weights = LossWeights(**(vars(WEIGHTS) | off))
    losses = stepped(generator, critic, weights=weights, classifier=judge)
    assert calls.count(generator) == generations
    assert calls.count(critic) == judgements
    assert len(judge.seen) == classifications
    everything = {
        "loss_critic", "wasserstein", "gradient_penalty", "loss_generator", "adversarial",
        "classification", "reconstruction", "similarity",
    }  # fmt: skip
    assert losses.keys() == everything - absent


def test_same_seed_same_result():
    results = []
    for _ in range(2):
        generator, critic = networks()
        losses = stepped(generator, critic, classifier=classifier())
        results.append([*losses.values(), *generator.parameters(), *critic.parameters()])
    for one, other in zip(*results, strict=True):
        assert torch.equal(one, other)


def test_one_critic_step_is_the_authors_ratio():
    generator, critic = networks()
    calls: list[int] = []
    critic.register_forward_hook(lambda module, inputs, output: calls.append(len(inputs[0])))
    stepped(generator, critic, count=4, critic_steps=1, classifier=classifier())
    assert calls == [8, 4, 4]


def test_standalone_needs_a_class_head():
    with pytest.raises(ConfigError, match="the critic has no class head"):
        stepped(*networks(), classifier=None)
