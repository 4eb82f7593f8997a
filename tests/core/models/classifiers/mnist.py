"""Facts of MNIST, and what tests of its classifiers share."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from xaitool.core.models.classifiers.build import build_classifier

MNIST: dict[str, Any] = {
    "shape": (1, 28, 28),
    "classes": 10,
    "mean": [0.1307],
    "standard_deviation": [0.3081],
}


def parameters(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def build(name: str, **changes: Any) -> nn.Module:
    return build_classifier(name, **{**MNIST, **changes})


def convolutions_then_linear(model: nn.Module) -> tuple[list[Tensor], list[Tensor]]:
    weights = [p.detach() for p in model.parameters()]
    return weights[::2], weights[1::2]
