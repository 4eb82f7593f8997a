"""Small images and discriminators, in float64."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from xaitool.core.guidance.evidence import References, load_evidence
from xaitool.core.models.gans.mlp_gan import MLPDiscriminator

SHAPE = (1, 6, 6)


def images(count: int, seed: int) -> Tensor:
    random = torch.Generator().manual_seed(seed)
    return torch.rand(count, *SHAPE, generator=random, dtype=torch.float64) * 2 - 1


def linear_discriminator() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(36, 1)).double()


def linear_weight(discriminator: nn.Sequential) -> Tensor:
    layer = discriminator[1]
    assert isinstance(layer, nn.Linear)
    return layer.weight.detach().view(SHAPE)


def mlp() -> MLPDiscriminator:
    torch.manual_seed(0)
    return MLPDiscriminator(SHAPE).double()


def values_of(
    name: Any, discriminator: nn.Module, references: References | None = None, **options: Any
) -> Tensor:
    return load_evidence(name, **options).values(images(5, seed=1), discriminator, references)
