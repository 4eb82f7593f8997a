"""GAN objectives, against torch's own functions, closed forms and finite differences."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from xaitool import registry
from xaitool.core.objectives.base import GanObjective
from xaitool.core.objectives.bce import BinaryCrossEntropy
from xaitool.core.objectives.hinge import Hinge
from xaitool.core.objectives.least_squares import LeastSquares
from xaitool.core.objectives.wasserstein_gp import WassersteinGradientPenalty
from xaitool.errors import ConfigError

NAMES = registry.names("objective")
SMOOTHED = {"real_label": 0.9, "generated_label": 0.1}
VARIANTS: list[tuple[str, dict[str, float]]] = [
    *((name, {}) for name in NAMES),
    ("bce", SMOOTHED),
    ("least-squares", SMOOTHED),
]


def build(name: str, options: dict[str, float] | None = None) -> GanObjective:
    objective: GanObjective = registry.load("objective", name)(**(options or {}))
    return objective


def logits() -> tuple[Tensor, Tensor]:
    random = torch.Generator().manual_seed(3)
    real = 3 * torch.randn(7, 1, generator=random, dtype=torch.float64)
    return real, 3 * torch.randn(5, 1, generator=random, dtype=torch.float64)


@pytest.mark.parametrize("name", NAMES)
def test_every_objective_keeps_the_contract(name: str) -> None:
    objective = build(name)
    assert isinstance(objective, GanObjective)
    assert objective.default_critic_steps == (5 if name == "wasserstein-gp" else 1)
    assert objective.per_sample_critic is (name == "wasserstein-gp")
    if name != "wasserstein-gp":
        images = torch.zeros(2, 1, 2, 2)
        assert objective.penalty(nn.Flatten(), images, images, torch.Generator()) is None


@pytest.mark.parametrize(("name", "options"), VARIANTS)
def test_gradients_are_those_of_finite_differences(name: str, options: dict[str, float]) -> None:
    objective = build(name, options)
    real, generated = (part.requires_grad_() for part in logits())
    assert objective.discriminator_loss(real, generated).shape == ()
    assert torch.autograd.gradcheck(objective.discriminator_loss, (real, generated))
    assert torch.autograd.gradcheck(objective.generator_loss, (generated,))


@pytest.mark.parametrize(("name", "options"), VARIANTS)
def test_losses_pull_the_right_way(name: str, options: dict[str, float]) -> None:
    """From the boundary, real up and generated down; the generator up."""
    objective = build(name, options)
    start = torch.full((3, 1), objective.boundary or 0.0, dtype=torch.float64, requires_grad=True)
    for loss, sign in (
        (objective.discriminator_loss(start, start.detach()), -1),
        (objective.discriminator_loss(start.detach(), start), 1),
        (objective.generator_loss(start), -1),
    ):
        (gradient,) = torch.autograd.grad(loss, start)
        assert (gradient.sign() == sign).all()


@pytest.mark.parametrize("name", NAMES)
def test_large_logits_are_finite(name: str) -> None:
    objective = build(name)
    sure = torch.full((2, 1), 1e4, requires_grad=True)
    for loss in (objective.discriminator_loss(-sure, sure), objective.generator_loss(-sure)):
        assert loss.isfinite()
        (gradient,) = torch.autograd.grad(loss, sure)
        assert gradient.isfinite().all()
        assert gradient.abs().sum() > 0.4


@pytest.mark.parametrize("name", NAMES)
def test_the_boundary_is_where_real_and_generated_are_alike(name: str) -> None:
    """A discriminator that sees both with one and the same image settles there."""
    objective = build(name)
    if objective.boundary is None:
        real, generated = logits()
        moved = objective.discriminator_loss(real + 7, generated + 7)
        torch.testing.assert_close(moved, objective.discriminator_loss(real, generated))
        return
    at = torch.tensor([[objective.boundary]], dtype=torch.float64)
    losses = [float(objective.discriminator_loss(at + d, at + d)) for d in (-0.1, 0, 0.1)]
    assert losses[1] <= min(losses) + 1e-12


@pytest.mark.parametrize(("real_label", "generated_label"), [(1.0, 0.0), (0.9, 0.1), (0.8, 0.0)])
def test_bce_is_torchs_cross_entropy(real_label: float, generated_label: float) -> None:
    objective = BinaryCrossEntropy(real_label=real_label, generated_label=generated_label)
    real, generated = logits()
    torch.testing.assert_close(
        objective.discriminator_loss(real, generated),
        _cross_entropy(real, real_label) + _cross_entropy(generated, generated_label),
    )
    torch.testing.assert_close(
        objective.generator_loss(generated), _cross_entropy(generated, real_label)
    )


def _cross_entropy(logits: Tensor, label: float) -> Tensor:
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))


def test_hard_labels_are_softplus_bit_for_bit() -> None:
    real, generated = (part.float().requires_grad_() for part in logits())
    plain = F.softplus(-real).mean() + F.softplus(generated).mean()
    ours = BinaryCrossEntropy().discriminator_loss(real, generated)
    assert torch.equal(ours, plain)
    gradients = [torch.autograd.grad(loss, (real, generated)) for loss in (ours, plain)]
    for one, other in zip(*gradients, strict=True):
        assert torch.equal(one, other)
    assert torch.equal(
        BinaryCrossEntropy().generator_loss(generated), F.softplus(-generated).mean()
    )


def test_bce_of_an_undecided_discriminator_is_two_log_two() -> None:
    zero = torch.zeros(4, 1, dtype=torch.float64)
    assert math.isclose(BinaryCrossEntropy().discriminator_loss(zero, zero), 2 * math.log(2))


def test_smoothed_labels_have_their_optimum_at_their_log_odds() -> None:
    best = torch.tensor([[math.log(9)]], dtype=torch.float64, requires_grad=True)
    loss = BinaryCrossEntropy(**SMOOTHED).discriminator_loss(best, -best)
    (gradient,) = torch.autograd.grad(loss, best)
    assert abs(gradient.item()) < 1e-15
    assert BinaryCrossEntropy(**SMOOTHED).boundary == 0


@pytest.mark.parametrize("options", [{}, SMOOTHED, {"real_label": 0.9}])
def test_least_squares_is_half_torchs_squared_error(options: dict[str, float]) -> None:
    objective = LeastSquares(**options)
    real, generated = logits()
    a, b = options.get("generated_label", 0.0), options.get("real_label", 1.0)
    wanted = F.mse_loss(real, torch.full_like(real, b)) / 2
    wanted += F.mse_loss(generated, torch.full_like(generated, a)) / 2
    torch.testing.assert_close(objective.discriminator_loss(real, generated), wanted)
    wanted = F.mse_loss(generated, torch.full_like(generated, b)) / 2
    torch.testing.assert_close(objective.generator_loss(generated), wanted)
    assert objective.boundary == (a + b) / 2


def test_hinge_is_torchs_margin_loss() -> None:
    real, generated = logits()
    ones = torch.ones_like
    wanted = F.hinge_embedding_loss(real, -ones(real), margin=1.0)
    wanted += F.hinge_embedding_loss(-generated, -ones(generated), margin=1.0)
    torch.testing.assert_close(Hinge().discriminator_loss(real, generated), wanted)
    torch.testing.assert_close(Hinge().generator_loss(generated), -generated.mean())
    sure = torch.tensor([[1.5]], dtype=torch.float64)
    assert Hinge().discriminator_loss(sure, -sure) == 0


def test_wasserstein_is_a_difference_of_means() -> None:
    real, generated = logits()
    objective = WassersteinGradientPenalty()
    wanted = sum(generated.flatten().tolist()) / 5 - sum(real.flatten().tolist()) / 7
    assert math.isclose(objective.discriminator_loss(real, generated), wanted)
    wanted = -sum(generated.flatten().tolist()) / 5
    assert math.isclose(objective.generator_loss(generated), wanted)


def images(count: int = 6) -> tuple[Tensor, Tensor]:
    random = torch.Generator().manual_seed(5)
    real, generated = torch.randn(2, count, 1, 3, 3, generator=random, dtype=torch.float64)
    return real, generated


@pytest.mark.parametrize("weight", [10.0, 0.5])
def test_penalty_of_a_linear_critic_in_closed_form(weight: float) -> None:
    linear = nn.Linear(9, 1).double()
    critic = nn.Sequential(nn.Flatten(), linear)
    real, generated = images()
    generated.requires_grad_()
    objective = WassersteinGradientPenalty(gradient_penalty=weight)
    penalty = objective.penalty(critic, real, generated, torch.Generator())
    assert penalty is not None
    direction, bias = linear.weight, linear.bias
    norm = direction.detach().norm()
    torch.testing.assert_close(penalty, weight * (norm - 1).square())
    of_weight, of_bias, of_images = torch.autograd.grad(
        penalty, (direction, bias, generated), allow_unused=True
    )
    wanted = 2 * weight * (norm - 1) * direction.detach() / norm
    torch.testing.assert_close(of_weight, wanted)
    assert of_bias is None or not of_bias.any()
    assert of_images is None


def test_penalty_is_taken_at_a_drawn_point_between_each_two_images() -> None:
    def critic(between: Tensor) -> Tensor:
        return between.square().flatten(1).sum(1, keepdim=True) / 2  # its gradient is the image

    real, generated = images()
    objective = WassersteinGradientPenalty()
    share = torch.rand(6, 1, 1, 1, generator=torch.Generator().manual_seed(8), dtype=torch.float64)
    between = share * real + (1 - share) * generated
    wanted = 10 * (between.flatten(1).square().sum(1).sqrt() - 1).square().mean()
    penalty = objective.penalty(critic, real, generated, torch.Generator().manual_seed(8))
    torch.testing.assert_close(penalty, wanted)
    other = objective.penalty(critic, real, generated, torch.Generator().manual_seed(9))
    assert other is not None
    assert not torch.equal(other, wanted)


def test_penalty_reaches_the_parameters_as_finite_differences_say() -> None:
    real, generated = images(2)
    objective = WassersteinGradientPenalty()

    def penalty(first: Tensor, second: Tensor) -> Tensor:
        def critic(between: Tensor) -> Tensor:
            return torch.tanh(between.flatten(1) @ first) @ second

        found = objective.penalty(critic, real, generated, torch.Generator().manual_seed(1))
        assert found is not None
        return found

    random = torch.Generator().manual_seed(2)
    first = torch.randn(9, 4, generator=random, dtype=torch.float64, requires_grad=True)
    second = torch.randn(4, 1, generator=random, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(penalty, (first, second))


def test_a_penalty_of_weight_zero_is_none_and_draws_nothing() -> None:
    random = torch.Generator().manual_seed(1)
    before = random.get_state()
    objective = WassersteinGradientPenalty(gradient_penalty=0)
    assert objective.penalty(nn.Flatten(), *images(), random) is None
    assert torch.equal(random.get_state(), before)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("bce", {"real_label": 0.5}, "--real-label is 0.5, but more than 0.5 and at most 1"),
        ("least-squares", {"generated_label": 0.6}, "--generated-label is 0.6, but"),
        ("wasserstein-gp", {"gradient_penalty": -1.0}, "--gradient-penalty is -1"),
        ("hinge", {"real_label": 1.0}, "Hinge has no option 'real_label'"),
    ],
)
def test_options_out_of_range(name: str, options: dict[str, float], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build(name, options)
