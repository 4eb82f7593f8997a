"""The analytic path between two colours."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from xaitool.core.counterfactuals.recolouring import RecolouringPath
from xaitool.errors import ShapeError

LABELS = torch.zeros(6, dtype=torch.int64)


def digits(dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor, Tensor]:
    """Grey pictures, their colours, and the coloured images."""
    random = torch.Generator().manual_seed(0)
    grey = torch.rand(6, 5, 7, generator=random, dtype=dtype)
    colours = torch.tensor([0, 1, 1, 0, 0, 1])
    images = torch.zeros(6, 3, 5, 7, dtype=dtype)
    for image, colour, levels in zip(images, colours.tolist(), grey, strict=True):
        image[colour] = levels
    return grey, colours[:, None], images


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_ends_are_exact_and_the_line_is_straight(dtype: torch.dtype):
    grey, colours, images = digits(dtype)
    places = torch.tensor([0.0, 0.25, 0.5, 1.0])
    points = RecolouringPath().points(images, LABELS, colours, 1 - colours, places)
    assert points.shape == (6, 4, 3, 5, 7)
    assert points.dtype == dtype
    assert torch.equal(points[:, 0], images)
    for made, colour, levels in zip(points[:, 3], (1 - colours).squeeze(1), grey, strict=True):
        assert torch.equal(made[colour], levels)
        assert not made[1 - colour].any()
    for place in (1, 2):
        share = float(places[place])
        straight = (1 - share) * images + share * points[:, 3]
        torch.testing.assert_close(points[:, place], straight)
    assert not points[:, :, 2].any()


def test_grey_levels_are_the_largest_channel():
    _, colours, images = digits()
    mixed = images + 0.5 * images.flip(1)
    end = RecolouringPath().points(mixed, LABELS, colours, colours, torch.ones(1))[:, 0]
    assert torch.equal(end.amax(1), mixed.amax(1))
    assert torch.equal(end.sum(1), mixed.amax(1))


def test_no_gradient_and_the_images_stay():
    _, colours, images = digits()
    given = images.clone().requires_grad_()
    points = RecolouringPath().points(given, LABELS, colours, 1 - colours, torch.rand(3))
    assert not points.requires_grad
    points.zero_()
    assert torch.equal(given, images)


def test_the_colour_is_the_channel_of_the_largest_sum():
    _, colours, images = digits()
    path = RecolouringPath()
    assert torch.equal(path.infer(images, LABELS), colours)
    ends = path.points(images, LABELS, colours, 1 - colours, torch.ones(1))[:, 0]
    assert torch.equal(path.infer(ends, LABELS), 1 - colours)
    assert torch.equal(path.infer(images + 2 * images.flip(1), LABELS)[:, 0] <= 1, LABELS == 0)
    three = RecolouringPath(3).infer(images.flip(1), LABELS)
    assert torch.equal(three, 2 - colours)


def test_bad_input():
    _, colours, images = digits()
    path, places = RecolouringPath(), torch.ones(1)
    with pytest.raises(ShapeError, match=r"images are \(6, 1, 5, 7\), but .* each of 2 colours"):
        path.points(images[:, :1], LABELS, colours, colours, places)
    with pytest.raises(ShapeError, match=r"attributes are \(6, 2\), but \(6, 1\)"):
        path.points(images, LABELS, colours, colours.expand(-1, 2), places)
    with pytest.raises(ShapeError, match=r"attributes are \(6, 2\), but \(6, 1\)"):
        path.points(images, LABELS, colours.expand(-1, 2), colours, places)
