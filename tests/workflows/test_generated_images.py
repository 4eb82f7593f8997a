"""Samples of a generator, and their distance from real images."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from xaitool.core.metrics.feature_statistics import FeatureStatistics
from xaitool.core.metrics.fid import fid
from xaitool.core.models.lenet5 import LeNet5
from xaitool.data.load import load_dataset
from xaitool.workflows.feature_network import FeatureNetwork
from xaitool.workflows.generated_images import (
    RealFeatures,
    from_pixels,
    noise,
    sample,
    to_pixels,
)

CPU = torch.device("cpu")


class Copies(nn.Module):
    """A perfect generator: the noise says which real image it shows."""

    def __init__(self, images: Tensor, brightness: float = 1.0) -> None:
        super().__init__()
        self.images = images
        self.brightness = brightness
        self.dropout = nn.Dropout(0.5)

    def forward(self, noise: Tensor) -> Tensor:
        chosen = self.images[noise[:, 0].long()] * self.brightness
        result: Tensor = self.dropout(from_pixels(chosen))
        return result


@pytest.fixture(scope="module")
def real() -> RealFeatures:
    torch.manual_seed(0)
    model = LeNet5((1, 28, 28), 10, [0.3], [0.4]).eval().requires_grad_(False)
    dataset = load_dataset("digits", "train")
    return RealFeatures(
        FeatureNetwork(model, "0", 0.0, "digits", dataset.shape), dataset, 300, 0, CPU
    )


def numbers(count: int) -> Tensor:
    return torch.arange(count).float()[:, None]


def test_the_ranges_are_inverse_to_each_other() -> None:
    images = torch.rand(3, 1, 4, 4, dtype=torch.float64)
    assert from_pixels(torch.tensor([0.0, 0.5, 1.0])).tolist() == [-1, 0, 1]
    torch.testing.assert_close(to_pixels(from_pixels(images)), images)


def test_noise_is_keyed_and_standard_normal() -> None:
    like = torch.zeros(1, dtype=torch.float64)
    drawn = noise(20_000, 3, 5, "fid", like=like)
    assert drawn.dtype == torch.float64
    assert torch.equal(drawn, noise(20_000, 3, 5, "fid", like=like))
    assert not torch.equal(drawn, noise(20_000, 3, 6, "fid", like=like))
    assert not torch.equal(drawn, noise(20_000, 3, 5, "grid", like=like))
    assert drawn.mean().abs() < 0.02
    assert drawn.std().sub(1).abs() < 0.02


@pytest.mark.parametrize("training", [True, False])
def test_samples_are_pixels_of_a_generator_at_rest(training: bool) -> None:
    images = torch.rand(7, 1, 4, 4)
    generator = Copies(images).train(training)
    found = sample(generator, numbers(7), rows=3)
    torch.testing.assert_close(found, images)
    assert generator.training is training
    assert not found.requires_grad


def test_few_are_chosen_by_the_seed(real: RealFeatures) -> None:
    dataset = load_dataset("digits", "train")
    again = RealFeatures(real.network, dataset, 300, 0, CPU)
    other = RealFeatures(real.network, dataset, 300, 1, CPU)
    assert real.features.shape == (300, 84)
    assert torch.equal(again.features, real.features)
    assert not torch.equal(other.features, real.features)
    assert len(RealFeatures(real.network, dataset, 10**6, 0, CPU).features) == len(dataset)


def test_distances_grow_as_the_images_get_worse(real: RealFeatures) -> None:
    images = load_dataset("digits", "test").images(torch.arange(200))
    found = [
        real.distances(Copies(images, brightness), numbers(200), subsets=3)
        for brightness in (1.0, 0.7, 0.3)
    ]
    assert found[0].fid < found[1].fid < found[2].fid
    assert found[0].kid.mean < found[1].kid.mean < found[2].kid.mean
    assert (found[0].generated, found[0].real) == (200, 300)
    again = real.distances(Copies(images), numbers(200), subsets=3)
    assert again == found[0]


def test_fid_is_that_of_the_features(real: RealFeatures) -> None:
    images = load_dataset("digits", "test").images(torch.arange(100))
    statistics = FeatureStatistics()
    statistics.update(real.network.features(images))
    found = real.distances(Copies(images), numbers(100), subsets=1).fid
    assert found == pytest.approx(fid(statistics, real.statistics), rel=1e-6)
