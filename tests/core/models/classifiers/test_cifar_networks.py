"""The networks for small images against torchvision's, known sizes and their papers' text."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torchvision.models import mobilenet_v2, resnet18, vgg13_bn

from tests.core.models.classifiers.cifar import build, count


def stem(kernel: int, width: int) -> int:
    return kernel**2 * 3 * width


def test_sizes_are_torchvisions_but_for_stem_and_head():
    ten = {"num_classes": 10}
    with torch.device("meta"):
        residual, inverted, plain = resnet18(**ten), mobilenet_v2(**ten), vgg13_bn(**ten)
    assert count(build("cifar-resnet18")) == count(residual) - stem(7, 64) + stem(3, 64)
    assert count(build("cifar-resnet18")) == 11_173_962
    assert count(build("cifar-mobilenet-v2")) == count(inverted) == 2_236_682
    assert count(build("cifar-vgg13")) == count(plain.features) - 64 + 513 * 10 == 9_415_946


@pytest.mark.parametrize(
    ("name", "last_map"),
    [
        ("cifar-resnet18", (512, 4, 4)),
        ("cifar-mobilenet-v2", (1280, 4, 4)),
        ("cifar-vgg13", (512, 1, 1)),
        ("resnet56", (64, 8, 8)),
    ],
)
def test_last_map_and_gradients(name: str, last_map: tuple[int, int, int]):
    model = build(name)
    maps = []
    for module in model.modules():
        if isinstance(module, nn.AdaptiveAvgPool2d):
            module.register_forward_pre_hook(lambda _, args: maps.append(args[0].shape[1:]))
    if name == "cifar-mobilenet-v2":  # its pooling is a function
        model.get_submodule("1.features").register_forward_hook(
            lambda _, __, out: maps.append(out.shape[1:])
        )
    logits = model(torch.rand(2, 3, 32, 32))
    assert maps == [last_map]
    F.cross_entropy(logits, torch.tensor([0, 1])).backward()
    gradients = [parameter.grad for parameter in model.parameters()]
    assert all(one is not None and one.isfinite().all() and one.any() for one in gradients)


def test_they_do_not_hide_torchvisions():
    assert count(build("resnet18")) == count(resnet18(num_classes=10))
    assert count(build("cifar-resnet18")) != count(build("resnet18"))
