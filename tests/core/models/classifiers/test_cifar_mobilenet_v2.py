"""MobileNetV2 for small images."""

from __future__ import annotations

from typing import Any

import torch
from torchvision.models.mobilenetv2 import InvertedResidual

from tests.core.models.classifiers.cifar import CIFAR
from xaitool.core.models.classifiers.cifar_mobilenet_v2 import CifarMobileNetV2


def test_only_three_stages_halve_the_size() -> None:
    network: Any = CifarMobileNetV2(**CIFAR).eval()[1]
    maps, sides = torch.rand(1, 3, 32, 32), []
    for layer in network.features:
        maps = layer(maps)
        sides.append(maps.shape[2])
    # The stem, then 1, 2, 3, 4, 3, 3 and 1 blocks, then the last convolution.
    assert sides == [32, *[32], *[32] * 2, *[16] * 3, *[8] * 4, *[8] * 3, *[4] * 3, 4, 4]
    assert maps.shape == (1, 1280, 4, 4)


def test_a_block_has_a_shortcut_where_nothing_changes_and_no_convolution_in_it() -> None:
    """Sandler et al. 2018, table 2: all but the first block of each of the seven stages."""
    blocks = [
        one for one in CifarMobileNetV2(**CIFAR).modules() if isinstance(one, InvertedResidual)
    ]
    assert sum(block.use_res_connect for block in blocks) == 17 - 7
    assert all(list(dict(block.named_children())) == ["conv"] for block in blocks)
