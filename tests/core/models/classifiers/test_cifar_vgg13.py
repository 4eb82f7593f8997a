"""VGG-13 for small images."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from tests.core.models.classifiers.cifar import CIFAR, build
from xaitool.core.models.classifiers.cifar_vgg13 import CifarVGG13
from xaitool.errors import ModelError


def test_smallest_image_of_vgg():
    with pytest.raises(ModelError, match="images are 31x32, but cifar-vgg13 wants larger"):
        build("cifar-vgg13", shape=(3, 31, 32))


def test_ten_convolutions_and_one_linear_layer():
    torch.manual_seed(0)
    model: Any = CifarVGG13(**CIFAR).double().eval()
    convolutions = [layer for layer in model[1] if isinstance(layer, nn.Conv2d)]
    widths = [64, 64, 128, 128, 256, 256, 512, 512, 512, 512]
    assert [layer.out_channels for layer in convolutions] == widths
    assert convolutions[0].bias is None
    images = torch.rand(2, 3, 70, 32, dtype=torch.float64)
    maps = model[1]((images - 0.5) / 0.25)
    assert maps.shape == (2, 512, 2, 1)
    expected = maps.mean((2, 3)) @ model[4].weight.T + model[4].bias
    torch.testing.assert_close(model(images), expected)
