"""One full training step of a guided GAN beside the plain step and the published loop.

LogicGAN's networks, batch 100. The loop is that of xAI-GAN's published code: every generated image
is explained by itself, by Captum's DeepLiftShap against a fixed set of real images, with the
discriminator as it is.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from tests.benchmarks.material import RUNTIME, digits, finish
from tests.benchmarks.measure import Row, seconds
from xaitool.core.guidance.background import Background
from xaitool.core.guidance.guidance import Guidance, GuidedImages
from xaitool.core.guidance.mask import Mask
from xaitool.core.models.gans.mlp_gan import MLPGan
from xaitool.core.objectives.bce import BinaryCrossEntropy
from xaitool.core.training.gan_step import gan_step

SHAPE, BATCH, LATENT, MANY = (1, 28, 28), 100, 100, 100
TARGETS = {1: 1.12, 4: 1.3, 10: 1.5}
ROUNDS = 41
PUBLISHED_ROUNDS = 3

Explain = Callable[[Tensor, nn.Module], Tensor]


def run() -> Iterator[Row]:
    """The rows, as they are ready."""
    images = digits()[0] * 2 - 1
    real, reservoir = images[:BATCH], images[BATCH : BATCH + 1000]
    calls = [_step(real, None), *(_guided(real, reservoir, count) for count in TARGETS)]
    plain, *guided = seconds(*calls, rounds=ROUNDS, finish=finish)
    for (count, target), taken in zip(TARGETS.items(), guided, strict=True):
        yield _row(f"shap, references {count}, a step", taken, plain, "the plain step", target)
    loop = _explained(real, reservoir[:MANY], _captum)
    explainer = _explained(real, reservoir[:MANY], _shap)
    many = _guided(real, reservoir, MANY)
    calls = [_guided(real, reservoir, 10), many, loop, explainer]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        few, hundred, published, shap = seconds(*calls, rounds=PUBLISHED_ROUNDS, finish=finish)
    name = f"the published loop, {MANY}"
    yield _row("shap, references 10, a step", few, published, name, 1 / 20)
    yield _row(f"shap, references {MANY}, a step", hundred, published, name, 1 / 4)
    yield _row(f"shap, references {MANY}, a step", hundred, shap, f"shap.DeepExplainer, {MANY}", 1)


def _row(case: str, ours: float, peer: float, name: str, target: float) -> Row:
    return Row("guided-step", case, ours * 1000, peer * 1000, name, "ms", target)


def _step(
    real: Tensor, guide: Callable[[Tensor, nn.Module], GuidedImages] | None
) -> Callable[[], object]:
    torch.manual_seed(0)
    gan = MLPGan(SHAPE, LATENT).to(RUNTIME.device)
    optimisers = tuple(
        torch.optim.Adam(network.parameters(), 2e-4, (0.5, 0.999), fused=True)
        for network in (gan.generator, gan.discriminator)
    )
    random = torch.Generator().manual_seed(0)
    objective = BinaryCrossEntropy()

    def step() -> None:
        noise = torch.randn(BATCH, LATENT, generator=random).to(real)
        gan_step(
            gan.generator, gan.discriminator, optimisers, real, noise, objective, random,  # type: ignore[arg-type]
            guide=None if guide is None else lambda images: guide(images, gan.discriminator),
        )  # fmt: skip

    return step


def _guided(real: Tensor, reservoir: Tensor, count: int) -> Callable[[], object]:
    guidance, background = Guidance("shap"), Background(reservoir, count)
    random = torch.Generator().manual_seed(1)
    return _step(
        real,
        lambda images, discriminator: guidance.guided(
            images, discriminator, background.draw(random)
        ),
    )


def _explained(
    real: Tensor, background: Tensor, explain: Callable[[nn.Module, Tensor, Tensor], Tensor]
) -> Callable[[], object]:
    def guide(images: Tensor, discriminator: nn.Module) -> GuidedImages:
        values = explain(discriminator, images.detach(), background).abs().to(images)
        mask = values / values.max()
        images = images.view_as(images)
        images.register_hook(lambda gradient: gradient * mask)
        return GuidedImages(images, Mask(mask, torch.zeros(len(images), dtype=torch.bool)))

    return _step(real, guide)


def _captum(discriminator: nn.Module, images: Tensor, background: Tensor) -> Tensor:
    from captum.attr import DeepLiftShap

    method = DeepLiftShap(discriminator)
    found = [method.attribute(image[None], background, target=0) for image in images]
    return torch.cat(found).detach()


def _shap(discriminator: nn.Module, images: Tensor, background: Tensor) -> Tensor:
    import shap

    discriminator.eval()  # it refuses to explain otherwise, as its values do not add up
    explainer = shap.DeepExplainer(discriminator, background)
    found = torch.as_tensor(explainer.shap_values(images, check_additivity=False))
    discriminator.train()
    return found.reshape(images.shape)
