from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from xaitool import registry
from xaitool.core.models.classifiers.build import build_classifier
from xaitool.core.models.classifiers.cnn2c import CNN2C
from xaitool.core.models.classifiers.cnn5c import CNN5C
from xaitool.core.models.classifiers.ganmex_cnn import GanmexCNN
from xaitool.core.models.classifiers.lenet5 import LeNet5
from xaitool.errors import ModelError, UnknownNameError

NAMES = registry.names("architecture")
MNIST: dict[str, Any] = {
    "shape": (1, 28, 28),
    "classes": 10,
    "mean": [0.1307],
    "standard_deviation": [0.3081],
}
CIFAR: dict[str, Any] = {
    "shape": (3, 32, 40),
    "classes": 7,
    "mean": [0.5] * 3,
    "standard_deviation": [0.25] * 3,
}


def parameters(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def build(name: str, **changes: Any) -> nn.Module:
    return build_classifier(name, **{**MNIST, **changes})


@pytest.mark.parametrize(
    ("name", "count"),
    [
        # LeCun's 61,706 for 32x32 input; padding 2 makes 28x28 the same.
        ("lenet5", 6 * 26 + 16 * 151 + 120 * 401 + 84 * 121 + 10 * 85),
        ("cnn2c", 20 * 26 + 50 * 501 + 10 * 801),
        ("ganmex-cnn", 32 * 37 + 64 * (32 * 36 + 1) + 256 * (64 * 16 + 1) + 10 * 257),
        (
            "cnn5c",
            (32 * 10 + 64 * 289 + 128 * 577 + 256 * 1153 + 512 * 2305)
            + 2 * (32 + 64 + 256)
            + 10 * 513,
        ),
    ],
)
def test_parameter_counts_for_mnist(name: str, count: int):
    assert parameters(build(name)) == count


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        (name, facts)
        for name in NAMES
        for facts in (MNIST, CIFAR)
        if not (name == "cifar-vgg13" and facts is MNIST)  # which wants sides of 32
    ],
)
def test_logits_and_normalisation_inside(name: str, facts: dict[str, Any]):
    torch.manual_seed(0)
    model = build_classifier(name, **facts).double().eval()
    images = torch.rand(5, *facts["shape"], dtype=torch.float64)
    logits = model(images)
    assert logits.shape == (5, facts["classes"])
    assert not torch.allclose(logits.exp().sum(1), torch.ones(5, dtype=torch.float64))
    # With mean 0 and deviation 1 the same weights want images that are normalised outside.
    channels = facts["shape"][0]
    plain = build_classifier(
        name, **{**facts, "mean": [0.0] * channels, "standard_deviation": [1.0] * channels}
    )
    weights = {key: value for key, value in model.state_dict().items() if "mean" not in key}
    weights = {key: value for key, value in weights.items() if "deviation" not in key}
    plain = plain.double().eval()
    plain.load_state_dict(weights, strict=False)
    mean, deviation = torch.tensor([facts["mean"][0], facts["standard_deviation"][0]]).double()
    normalised = (images - mean) / deviation
    torch.testing.assert_close(logits, plain(normalised))


def convolutions_then_linear(model: nn.Module) -> tuple[list[Tensor], list[Tensor]]:
    weights = [p.detach() for p in model.parameters()]
    return weights[::2], weights[1::2]


def test_lenet5_is_the_textbook_formula():
    model = LeNet5(**MNIST).double()
    w, b = convolutions_then_linear(model)
    images = torch.rand(3, 1, 28, 28, dtype=torch.float64)
    x = (images - 0.1307) / 0.3081
    x = F.max_pool2d(F.conv2d(x, w[0], b[0], padding=2).relu(), 2)
    x = F.max_pool2d(F.conv2d(x, w[1], b[1]).relu(), 2).flatten(1)
    x = (x @ w[2].T + b[2]).relu()
    x = (x @ w[3].T + b[3]).relu()
    torch.testing.assert_close(model.features(images), x)
    assert x.shape == (3, LeNet5.feature_count)
    torch.testing.assert_close(model(images), x @ w[4].T + b[4])


def test_cnn2c_is_the_papers_table():
    model = CNN2C(**MNIST).double()
    w, b = convolutions_then_linear(model)
    images = torch.rand(3, 1, 28, 28, dtype=torch.float64)
    x = (images - 0.1307) / 0.3081
    x = F.max_pool2d(F.conv2d(x, w[0], b[0]).relu(), 2)
    x = F.max_pool2d(F.conv2d(x, w[1], b[1]).relu(), 2).flatten(1)
    assert x.shape == (3, 800)
    torch.testing.assert_close(model(images), x @ w[2].T + b[2])


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


def test_ganmex_cnn_is_the_papers_text():
    model = GanmexCNN(**MNIST).double().eval()
    w, b = convolutions_then_linear(model)
    images = torch.rand(3, 1, 28, 28, dtype=torch.float64)
    x = (images - 0.1307) / 0.3081
    x = F.conv2d(F.conv2d(x, w[0], b[0], stride=2).relu(), w[1], b[1], stride=2).relu()
    assert x.shape == (3, 64, 4, 4)
    x = (x.flatten(1) @ w[2].T + b[2]).relu()
    torch.testing.assert_close(model(images), x @ w[3].T + b[3])
    assert not torch.equal(model.train()(images), model.train()(images))  # dropout


@pytest.mark.parametrize(
    ("name", "smallest"), [("lenet5", 12), ("cnn2c", 16), ("ganmex-cnn", 16), ("cnn5c", 28)]
)
def test_smallest_images(name: str, smallest: int):
    shape = (1, smallest, smallest + 3)
    assert build(name, shape=shape)(torch.rand(2, *shape)).shape == (2, 10)
    with pytest.raises(ModelError, match=f"images are 28x{smallest - 1}, but {name} wants larger"):
        build(name, shape=(1, 28, smallest - 1))


@pytest.mark.parametrize("name", [*NAMES, "resnet18"])
def test_what_cannot_be_built(name: str):
    with pytest.raises(ModelError, match="for 0 classes, but at least 1 is wanted"):
        build(name, classes=0)
    with pytest.raises(ModelError, match="but one mean and one positive deviation a channel"):
        build(name, mean=[0.5, 0.5])
    with pytest.raises(ModelError, match="but one mean and one positive deviation a channel"):
        build(name, standard_deviation=[0.0])


def test_names():
    assert parameters(build("torchvision:squeezenet1_1")) == parameters(build("squeezenet1_1"))
    with pytest.raises(UnknownNameError, match=r"'lenet'; did you mean 'lenet5'\?"):
        build("lenet")
    with pytest.raises(UnknownNameError, match=r"'resnet81'; did you mean 'resnet18'\?") as caught:
        build("resnet81")
    assert "any classification network of torchvision" in str(caught.value.hint)
