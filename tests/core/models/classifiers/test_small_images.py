"""The first convolution of networks for small images, and how convolutions start."""

from __future__ import annotations

import torch
from torch import nn

from xaitool.core.models.classifiers.small_images import he_initialised, small_image_stem


def test_the_stem_keeps_the_size() -> None:
    stem = small_image_stem(3, 8)
    assert stem(torch.rand(2, 3, 5, 7)).shape == (2, 8, 5, 7)
    assert stem.bias is None


def test_convolutions_have_the_variance_of_he_by_their_outputs() -> None:
    """2 / (maps * kernel^2) each (He et al. 2015, section 2.2, backward)."""
    torch.manual_seed(0)
    outer, inner = nn.Conv2d(64, 32, 3), nn.Conv2d(32, 128, 1)
    network = nn.Sequential(outer, nn.Sequential(inner))
    assert he_initialised(network) is network
    for layer, variance in ((outer, 2 / (32 * 9)), (inner, 2 / 128)):
        count = layer.weight.numel()
        found = float(layer.weight.detach().square().mean())
        # Five standard errors of an estimated variance.
        assert abs(found / variance - 1) < 5 * (2 / count) ** 0.5
        assert layer.bias is not None
        assert not layer.bias.any()


def test_other_layers_stay() -> None:
    network = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm2d(2))
    before = {name: value.clone() for name, value in network.state_dict().items()}
    he_initialised(network)
    assert all(value.equal(before[name]) for name, value in network.state_dict().items())
