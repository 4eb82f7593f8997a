"""Small images and discriminators, in float64."""

from __future__ import annotations

import torch
from torch import Tensor, nn

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
