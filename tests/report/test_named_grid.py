"""Cells in their places, names beside them."""

import numpy as np
import pytest
import torch

from xaitool.errors import ShapeError
from xaitool.report.named_grid import named_grid
from xaitool.report.sample_grid import sample_grid

IMAGES = torch.rand(2, 3, 1, 28, 28, generator=torch.Generator().manual_seed(0))


def test_the_grid_is_in_the_picture_pixel_by_pixel():
    picture = np.asarray(named_grid(IMAGES, ["input", "to a", "to b"], ["a", "b"]))
    grid = np.asarray(sample_grid(IMAGES.flatten(0, 1), columns=3))[2:-2, 2:-2]
    height, width, _ = grid.shape
    places = [
        (top, left)
        for top in range(picture.shape[0] - height + 1)
        for left in range(picture.shape[1] - width + 1)
        if (picture[top, left : left + 5] == grid[0, :5]).all()
        and (picture[top : top + height, left : left + width] == grid).all()
    ]
    [(top, left)] = places
    assert (picture[:top] < 255).any()  # the headings
    assert (picture[top : top + height, : left - 4] < 255).any()  # the labels


def test_a_caption_stands_below():
    names = ["input", "a long name of a class", "b"], ["a", "another long name of a class"]
    plain, told = named_grid(IMAGES, *names), named_grid(IMAGES, *names, caption=["Rows: classes."])
    assert told.width == plain.width
    assert told.height > plain.height


@pytest.mark.parametrize("names", [(["a"], ["b", "c"]), (["a", "b", "c"], [])])
def test_as_many_names_as_columns_and_rows_are_wanted(names):
    with pytest.raises(ShapeError, match="rows of"):
        named_grid(IMAGES, *names)
