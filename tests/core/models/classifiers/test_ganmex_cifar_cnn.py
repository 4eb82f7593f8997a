"""GANMEX's CIFAR-10 classifier beside the paper's text."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from tests.core.models.classifiers.cifar import CIFAR, count
from xaitool.core.models.classifiers.ganmex_cifar_cnn import GanmexCifarCNN
from xaitool.errors import ModelError


def test_it_is_the_papers_text() -> None:
    """Four times: convolution and batch normalisation, twice, and average pooling."""
    torch.manual_seed(0)
    model: Any = GanmexCifarCNN(**CIFAR).double().eval()
    for layer in model:
        if isinstance(layer, nn.BatchNorm2d | nn.BatchNorm1d):
            nn.init.uniform_(layer.weight, 0.5, 1.5)
            nn.init.uniform_(layer.bias, -0.5, 0.5)
            assert layer.running_mean is not None
            assert layer.running_var is not None
            nn.init.uniform_(layer.running_mean, -0.1, 0.1)
            nn.init.uniform_(layer.running_var, 0.5, 1.5)
    kept = iter([layer for layer in model if list(layer.parameters())])

    def normalised(x: torch.Tensor) -> torch.Tensor:
        norm = next(kept)
        shape = (1, -1, *(1,) * (x.ndim - 2))
        mean, variance = norm.running_mean.view(shape), norm.running_var.view(shape)
        x = (x - mean) / (variance + norm.eps).sqrt()
        scaled: torch.Tensor = x * norm.weight.view(shape) + norm.bias.view(shape)
        return scaled

    images = torch.rand(3, 3, 32, 32, dtype=torch.float64)
    x = (images - 0.5) / 0.25
    for width in (32, 64, 128, 256):
        for _ in range(2):
            x = normalised(F.conv2d(x, next(kept).weight, padding=1)).relu()
        x = x.unfold(2, 2, 2).unfold(3, 2, 2).mean((4, 5))
        assert x.shape[1] == width
    hidden = next(kept)
    x = normalised(x.flatten(1) @ hidden.weight.T + hidden.bias).relu()
    assert x.shape == (3, 128)
    head = next(kept)
    torch.testing.assert_close(model(images), x @ head.weight.T + head.bias)


def test_number_of_parameters() -> None:
    widths = (3, 32, 64, 128, 256)
    units = sum(
        9 * before * after + 9 * after * after + 2 * 2 * after for before, after in pairwise(widths)
    )
    assert count(GanmexCifarCNN(**CIFAR)) == units + (256 * 4 + 1) * 128 + 2 * 128 + 129 * 10


def test_smallest_image() -> None:
    assert GanmexCifarCNN(**{**CIFAR, "shape": (3, 16, 31)}).eval()(torch.rand(1, 3, 16, 31)).ndim
    with pytest.raises(ModelError, match="images are 15x32, but ganmex-cifar-cnn wants larger"):
        GanmexCifarCNN(**{**CIFAR, "shape": (3, 15, 32)})
