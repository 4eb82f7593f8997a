"""Colour distance against hand-made images."""

from __future__ import annotations

import math

import torch

from xaitool.core.metrics.explanation.colour_distance import colour_distance


def image(*colour: float) -> torch.Tensor:
    return torch.tensor(colour).view(1, -1, 1, 1).expand(1, len(colour), 4, 4)


def test_same_colour_in_another_shape_and_brightness() -> None:
    shape = torch.zeros(1, 3, 4, 4)
    shape[:, 0, 1, 2] = 0.3
    assert colour_distance(shape, image(1.0, 0.0, 0.0)).item() == 0


def test_pure_colours_are_one_apart() -> None:
    assert colour_distance(image(1.0, 0.0, 0.0), image(0.0, 0.5, 0.0)).item() == 1


def test_white_and_red() -> None:
    assert math.isclose(colour_distance(image(1, 1, 1), image(1, 0, 0)).item(), 2 / 3)


def test_grey_images_have_one_colour() -> None:
    assert colour_distance(image(0.2), image(0.9)).item() == 0


def test_black_has_none() -> None:
    assert colour_distance(image(0.0, 0.0, 0.0), image(1.0, 0.0, 0.0)).isnan().all()
