"""A small convolutional network, its images and references, and what an explanation lacks."""

from __future__ import annotations

import torch
from torch import nn

TARGET = torch.tensor([0, 3, 1])


AGAINST = torch.tensor([2, 1, 0])


def convolutional(*between: nn.Module, features: int) -> nn.Sequential:
    torch.manual_seed(0)
    layers = [nn.Conv2d(3, 6, 3), *between, nn.Flatten(), nn.Linear(features, 5)]
    return nn.Sequential(*layers).double()


def batch(count: int, references: int, size: int = 8, channels: int = 3):
    generator = torch.Generator().manual_seed(1)
    inputs = torch.rand(count, channels, size, size, generator=generator, dtype=torch.float64)
    shape = (count, references, channels, size, size)
    return inputs, torch.rand(shape, generator=generator, dtype=torch.float64)


def relative_gap(attribution) -> float:
    change = attribution.score_input - attribution.score_baseline
    return float((attribution.completeness_gap / change).abs().max())
