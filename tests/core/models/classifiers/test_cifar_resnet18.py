"""ResNet-18 for small images."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F

from tests.core.models.classifiers.cifar import CIFAR
from xaitool.core.models.classifiers.cifar_resnet18 import CifarResNet18


def test_stages_follow_the_stem_without_a_pooling() -> None:
    torch.manual_seed(0)
    model: Any = CifarResNet18(**CIFAR).double().eval()
    network = model[1]
    images = torch.rand(2, 3, 32, 32, dtype=torch.float64)
    x = F.conv2d((images - 0.5) / 0.25, network.conv1.weight, padding=1)
    x = network.bn1(x).relu()
    sides = [x.shape[2]]
    for stage in (network.layer1, network.layer2, network.layer3, network.layer4):
        x = stage(x)
        sides.append(x.shape[2])
    assert sides == [32, 32, 16, 8, 4]
    expected = x.mean((2, 3)) @ network.fc.weight.T + network.fc.bias
    torch.testing.assert_close(model(images), expected)


def test_weights_have_torchvisions_names() -> None:
    names = list(CifarResNet18(**CIFAR).state_dict())
    assert names[:3] == ["0.mean", "0.standard_deviation", "1.conv1.weight"]
    assert "1.layer4.1.conv2.weight" in names
    assert names[-2:] == ["1.fc.weight", "1.fc.bias"]
