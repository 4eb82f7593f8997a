"""Logits and images of a GAN under training, and labels that are not hard."""

from __future__ import annotations

import torch
from torch import Tensor

SMOOTHED = {"real_label": 0.9, "generated_label": 0.1}


def logits() -> tuple[Tensor, Tensor]:
    random = torch.Generator().manual_seed(3)
    real = 3 * torch.randn(7, 1, generator=random, dtype=torch.float64)
    return real, 3 * torch.randn(5, 1, generator=random, dtype=torch.float64)


def images(count: int = 6) -> tuple[Tensor, Tensor]:
    random = torch.Generator().manual_seed(5)
    real, generated = torch.randn(2, count, 1, 3, 3, generator=random, dtype=torch.float64)
    return real, generated
