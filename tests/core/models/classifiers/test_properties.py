"""What every registered classifier promises."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from tests.core.models.classifiers.mnist import MNIST, build, parameters
from xaitool import registry
from xaitool.core.models.classifiers.build import build_classifier
from xaitool.errors import ModelError

NAMES = registry.names("architecture")
CIFAR: dict[str, Any] = {
    "shape": (3, 32, 40),
    "classes": 7,
    "mean": [0.5] * 3,
    "standard_deviation": [0.25] * 3,
}


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
