"""One full iteration of the counterfactual generator's training beside StarGAN's published loop."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from tests.benchmarks.material import RUNTIME, digits, finish
from tests.benchmarks.measure import Row, seconds
from tests.benchmarks.stargan_loop import PeerLoop
from xaitool.core.models.classifiers.lenet5 import LeNet5
from xaitool.core.models.counterfactuals.patch_critic import PatchCritic
from xaitool.core.models.counterfactuals.stargan import StarGANGenerator
from xaitool.core.objectives.critic_losses import LossWeights
from xaitool.core.training.counterfactual_step import counterfactual_step

SHAPE, CLASSES, BATCH, CRITIC_STEPS = (1, 28, 28), 10, 16, 5
NETWORKS = ((16, 2, 15), (64, 6, 5))
PEER = "yunjey/stargan's loop"
A_SAMPLE = 1000 / (CRITIC_STEPS * BATCH)


def run() -> Iterator[Row]:
    """The rows, as they are ready."""
    images, labels = (part[: CRITIC_STEPS * BATCH] for part in digits())
    for width, blocks, rounds in NETWORKS:
        # The stand-alone ablation without the similarity term is what the peer computes.
        standalone = _ours(images, labels, width, blocks, None, LossWeights(similarity=0))
        classifier = LeNet5(SHAPE, CLASSES, [0.0], [1.0]).to(RUNTIME.device).eval()
        ganmex = _ours(images, labels, width, blocks, classifier.requires_grad_(False))
        calls = (standalone, ganmex, _peer(images, labels, width, blocks))
        mine, with_classifier, peer = seconds(*calls, rounds=rounds, finish=finish)
        for name, taken in (("standalone", mine), ("ganmex", with_classifier)):
            case = f"{name}, width {width}, {blocks} blocks"
            yield Row("baseline-gan", case, taken * A_SAMPLE, peer * A_SAMPLE, PEER, "ms", 1 / 1.2)


def _ours(
    images: Tensor,
    labels: Tensor,
    width: int,
    blocks: int,
    classifier: nn.Module | None,
    weights: LossWeights | None = None,
) -> Callable[[], object]:
    torch.manual_seed(0)
    generator = StarGANGenerator(SHAPE, CLASSES, width=width, blocks=blocks).to(images.device)
    classes = CLASSES if classifier is None else None
    critic = PatchCritic(SHAPE, classes, width=width).to(images.device)
    optimisers = (_adam(generator), _adam(critic))
    random = torch.Generator().manual_seed(0)
    return lambda: counterfactual_step(
        generator, critic, optimisers, images, labels, random, weights=weights or LossWeights(),
        critic_steps=CRITIC_STEPS, classifier=classifier,
    )  # fmt: skip


def _adam(network: nn.Module) -> torch.optim.Adam:
    return torch.optim.Adam(network.parameters(), 1e-4, (0.5, 0.999), fused=True)


def _peer(images: Tensor, labels: Tensor, width: int, blocks: int) -> Callable[[], object]:
    loop = PeerLoop(CLASSES, width, blocks, images.device)
    batches = list(zip((images * 2 - 1).split(BATCH), labels.split(BATCH), strict=True))

    def iterations() -> None:
        for index, (real, classes) in enumerate(batches):
            loop.iteration(real, classes, generator_too=index == CRITIC_STEPS - 1)

    return iterations
