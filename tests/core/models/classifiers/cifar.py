"""Facts of CIFAR-10, and what tests of its classifiers share."""

from __future__ import annotations

from typing import Any

from torch import nn

from xaitool.core.models.classifiers.build import build_classifier

CIFAR: dict[str, Any] = {
    "shape": (3, 32, 32),
    "classes": 10,
    "mean": [0.5] * 3,
    "standard_deviation": [0.25] * 3,
}


def build(name: str, **changes: Any) -> nn.Module:
    return build_classifier(name, **{**CIFAR, **changes})


def count(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())
