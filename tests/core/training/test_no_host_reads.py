"""A guided step never asks the device for a value: so it can be captured, and nothing waits.

Tensors on the meta device have no values: whatever reads one (`.item()`, a branch, a copy to the
host) raises there.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from xaitool import registry
from xaitool.core.guidance.background import Background
from xaitool.core.guidance.guidance import Guidance
from xaitool.core.models.gans.dcgan import DCGan
from xaitool.core.models.gans.mlp_gan import MLPGan
from xaitool.core.training.gan_step import gan_step

SHAPE = (1, 28, 28)
OPTIONS: list[dict[str, Any]] = [
    {},
    {"references": 4, "explained_output": "probability", "mask_rescale": True},
    {"mask_samples": "fake", "evidence": "signed", "mask_normalisation": "batch-range"},
    {"xai": "random"},
    {"xai": "constant"},
]


@pytest.mark.parametrize("objective", ["bce", "wasserstein-gp"])
@pytest.mark.parametrize("kind", [MLPGan, DCGan])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_a_guided_step_reads_nothing_back(
    kind: type[nn.Module], options: dict[str, Any], objective: str
) -> None:
    gan: Any = kind(SHAPE, 8).to("meta")
    optimisers = (
        torch.optim.SGD(gan.generator.parameters(), lr=0.1),
        torch.optim.SGD(gan.discriminator.parameters(), lr=0.1),
    )
    random = torch.Generator().manual_seed(0)
    guidance = Guidance(
        options.get("xai", "shap"), **{k: v for k, v in options.items() if k != "xai"}
    )
    background = Background(torch.empty(9, *SHAPE, device="meta"), guidance.references or 1)
    classes = torch.zeros(6, dtype=torch.int64, device="meta")

    def guide(images: torch.Tensor) -> Any:
        drawn = background.draw(random, classes) if guidance.references else None
        return guidance.guided(images, gan.discriminator, drawn, random)

    values = gan_step(
        gan.generator, gan.discriminator, optimisers, torch.empty(6, *SHAPE, device="meta"),
        torch.empty(6, 8, device="meta"), registry.load("objective", objective)(), random,
        guide=guide, clip=1.0,
    )  # fmt: skip
    assert set(values) == {"loss_d", "loss_g", "mask_mean", "unguided"}
    assert all(value.is_meta for value in values.values())


def test_the_meta_device_would_tell() -> None:
    with pytest.raises(RuntimeError, match="meta"):
        torch.empty(1, device="meta").item()
