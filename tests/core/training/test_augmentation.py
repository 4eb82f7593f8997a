"""Augmentation: torchvision's operations on single images are the reference."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional as reference

from xaitool.core.training.augmentation import DRAWS, Augmentation, epoch_draws

EVERYTHING = Augmentation(rotation=30.0, flip=True, crop_padding=3)


@pytest.fixture
def images() -> Tensor:
    return torch.rand(16, 3, 9, 9, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def draws(count: int = 16) -> Tensor:
    return epoch_draws(0, 0, count)


def test_the_rotation_is_torchvisions(images: Tensor) -> None:
    found = Augmentation(rotation=30.0)(images, draws())
    for image, one, draw in zip(images, found, draws()[:, 0].double(), strict=True):
        angle = float(2 * draw - 1) * 30
        wanted = reference.rotate(image[None], angle, InterpolationMode.BILINEAR)[0]
        torch.testing.assert_close(one, wanted, rtol=0, atol=1e-6)


def test_the_rotation_of_oblong_images_is_torchvisions(images: Tensor) -> None:
    oblong = images[:, :, :5]
    found = Augmentation(rotation=90.0)(oblong, draws())
    for image, one, draw in zip(oblong, found, draws()[:, 0].double(), strict=True):
        wanted = reference.rotate(image[None], float(2 * draw - 1) * 90, InterpolationMode.BILINEAR)
        torch.testing.assert_close(one, wanted[0], rtol=0, atol=1e-6)


def test_a_flip_mirrors_about_every_second_image(images: Tensor) -> None:
    found = Augmentation(flip=True)(images, draws())
    for image, one, draw in zip(images, found, draws()[:, 1], strict=True):
        assert one.equal(reference.horizontal_flip(image) if draw < 0.5 else image)
    assert (epoch_draws(0, 0, 10_000)[:, 1] < 0.5).double().mean().item() == pytest.approx(
        0.5, abs=0.02
    )


def test_a_crop_is_torchvisions_of_the_padded_image(images: Tensor) -> None:
    found = Augmentation(crop_padding=2)(images, draws())
    for image, one, draw in zip(images, found, draws().double(), strict=True):
        row, column = (draw[2:] * 5).long().tolist()
        assert one.equal(reference.crop(reference.pad(image, [2]), row, column, 9, 9))


def test_every_position_of_the_crop_comes() -> None:
    image = torch.zeros(1, 1, 9, 9)
    image[..., 4, 4] = 1
    found = Augmentation(crop_padding=1)(image.expand(500, -1, -1, -1), draws(500))
    rows = {tuple(position) for position in found[:, 0].nonzero()[:, 1:].tolist()}
    assert rows == {(row, column) for row in (3, 4, 5) for column in (3, 4, 5)}


def test_pixels_stay_within_their_range_and_the_rest_is_as_it_was(images: Tensor) -> None:
    for dtype in (torch.float32, torch.float64):
        found = EVERYTHING(images.to(dtype), draws())
        assert (found.shape, found.dtype) == (images.shape, dtype)
        assert found.min() >= 0
        assert found.max() <= 1
    white = EVERYTHING(torch.ones_like(images), draws())
    assert white.max() <= 1


def test_a_sample_is_varied_alike_in_any_batch(images: Tensor) -> None:
    whole = EVERYTHING(images, draws())
    order = torch.randperm(16)
    torch.testing.assert_close(EVERYTHING(images[order], draws()[order]), whole[order])
    single = torch.cat(
        [EVERYTHING(images[row : row + 1], draws()[row : row + 1]) for row in range(16)]
    )
    torch.testing.assert_close(single, whole)


def test_draws_are_keyed_by_seed_and_epoch() -> None:
    assert epoch_draws(0, 3, 5).equal(epoch_draws(0, 3, 5))
    assert not epoch_draws(0, 3, 5).equal(epoch_draws(0, 4, 5))
    assert not epoch_draws(0, 3, 5).equal(epoch_draws(1, 3, 5))
    assert epoch_draws(0, 3, 5).shape == (5, DRAWS)


def test_nothing_is_no_augmentation() -> None:
    assert not Augmentation()
    assert EVERYTHING
