"""Samples of a generator."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from xaitool.core.models.gans.images import from_pixels, noise, sample, to_pixels


class Copies(nn.Module):
    """A perfect generator: the noise says which real image it shows."""

    def __init__(self, images: Tensor) -> None:
        super().__init__()
        self.images = images
        self.dropout = nn.Dropout(0.5)

    def forward(self, noise: Tensor) -> Tensor:
        chosen = self.images[noise[:, 0].long()]
        result: Tensor = self.dropout(from_pixels(chosen))
        return result


def numbers(count: int) -> Tensor:
    return torch.arange(count).float()[:, None]


class Overwrites(nn.Module):
    """Writes into its noise."""

    def forward(self, noise: Tensor) -> Tensor:
        return noise.mul_(0.5)[:, :, None, None]


def test_the_noise_is_still_there_when_the_images_are() -> None:
    given = noise(5, 3, "kept", like=torch.zeros(()))
    kept = given.clone()
    images = sample(Overwrites(), given, rows=2)
    assert torch.equal(given, kept)
    torch.testing.assert_close(images, to_pixels(kept[:, :, None, None] / 2))


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
