"""Features below the logits, of any network, which is left as it was."""

from __future__ import annotations

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from xaitool import registry
from xaitool.core.models.classifiers.build import build_classifier
from xaitool.core.models.classifiers.lenet5 import LeNet5
from xaitool.core.models.classifiers.penultimate import penultimate
from xaitool.errors import ModelError

WIDTHS = {
    "lenet5": 84,
    "cnn2c": 800,
    "ganmex-cnn": 256,
    "cnn5c": 512,
    "cifar-vgg13": 512,
    "cifar-resnet18": 512,
    "cifar-mobilenet-v2": 1280,
    "resnet56": 64,
    "torchvision:alexnet": 4096,
    "torchvision:shufflenet_v2_x0_5": 1024,
    "torchvision:squeezenet1_1": 512,
}


def network(name: str, side: int) -> nn.Module:
    return build_classifier(
        name, shape=(1, side, side), classes=10, mean=[0.5], standard_deviation=[0.25]
    )


@pytest.mark.parametrize("name", dict.fromkeys([*registry.names("architecture"), *WIDTHS]))
def test_width_and_nothing_is_left(name: str):
    side = 28 if name in ("lenet5", "cnn2c", "ganmex-cnn", "cnn5c") else 64
    model = network(name, side).train()
    before = copy.deepcopy(model.state_dict())
    images = torch.rand(3, 1, side, side)
    features = penultimate(model, images)
    assert features.shape == (3, WIDTHS.get(name, features.shape[1]))
    assert not features.requires_grad
    assert all(module.training for module in model.modules())
    assert all(parameter.requires_grad for parameter in model.parameters())
    assert not any(module._forward_pre_hooks for module in model.modules())
    for key, value in model.state_dict().items():
        torch.testing.assert_close(value, before[key], rtol=0, atol=0)
    torch.testing.assert_close(features, penultimate(model, images), rtol=0, atol=0)


def test_they_are_what_the_logits_are_made_of():
    model = network("lenet5", 28)
    images = torch.rand(4, 1, 28, 28)
    features = penultimate(model, images)
    assert isinstance(model, LeNet5)
    torch.testing.assert_close(features, model.features(images))
    torch.testing.assert_close(model.head(features), model(images))


class Functional(nn.Module):
    """A linear layer that is a function, with a weight of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.rand(5, 12))

    def forward(self, images: Tensor) -> Tensor:
        return F.linear(input=images.flatten(1), weight=self.weight)


def test_functional_layers_and_images_are_copied():
    images = torch.rand(2, 3, 2, 2)
    features = penultimate(Functional(), images)
    torch.testing.assert_close(features, images.flatten(1))
    features.zero_()
    assert images.any()


def test_exported_programs():
    images = torch.rand(2, 3, 2, 2)
    program = torch.export.export(Functional().eval(), (images,)).module()

    class Program(nn.Module):
        def forward(self, images: Tensor) -> Tensor:
            return program(images)  # type: ignore[no-any-return]

    torch.testing.assert_close(penultimate(Program(), images), images.flatten(1))


def test_refusals():
    with pytest.raises(ModelError, match="Flatten has no linear layer"):
        penultimate(nn.Flatten(), torch.rand(2, 1, 2, 2))
    with pytest.raises(ModelError, match=r"receives \(2, 1, 2\), but \(2, features\) is wanted"):
        penultimate(nn.Sequential(nn.Flatten(2), nn.Linear(2, 3)), torch.rand(2, 1, 1, 2))
