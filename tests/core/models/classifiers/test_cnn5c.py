"""CNN5C beside the paper's table."""

from __future__ import annotations

import torch
from torch import nn

from tests.core.models.classifiers.mnist import MNIST
from xaitool.core.models.classifiers.cnn5c import CNN5C


def test_cnn5c_has_the_papers_512_features():
    model = CNN5C(**MNIST).eval()
    images = torch.rand(2, 1, 28, 28)
    sides = []
    for layer in model:
        images = layer(images)
        if isinstance(layer, nn.Conv2d | nn.MaxPool2d):
            sides.append(images.shape[2])
        if isinstance(layer, nn.Flatten):
            assert images.shape == (2, 512)
    assert sides == [26, 24, 24, 12, 10, 8, 1]
    kinds = [type(layer).__name__ for layer in model]
    assert [kinds[i + 1] for i, kind in enumerate(kinds) if kind == "Conv2d"] == [
        *("BatchNorm2d", "BatchNorm2d", "ReLU", "BatchNorm2d", "ReLU")
    ]
