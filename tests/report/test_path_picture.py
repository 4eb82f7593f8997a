"""The points of a path in one line, the input and its map below."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from xaitool.errors import ShapeError, UnknownNameError
from xaitool.report.map_cells import GAP, MARGIN
from xaitool.report.path_picture import path_picture
from xaitool.report.text import line_height

SIDE = 128
POINTS = torch.arange(4, dtype=torch.float64).view(4, 1, 1, 1).expand(4, 1, 8, 8) / 5
IMAGE = torch.full((1, 8, 8), 0.8, dtype=torch.float64)
# Letters are an eleventh of a panel.
HEADING = line_height(12) + GAP


def panel(
    picture: object, line: int, place: int
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    top = MARGIN + line * (HEADING + SIDE + 2 + 2 * GAP) + HEADING + 1
    left = MARGIN + place * (SIDE + 2 + GAP) + 1
    return np.asarray(picture)[top : top + SIDE, left : left + SIDE]


def test_points_stand_in_order_and_the_input_and_its_map_below() -> None:
    picture = path_picture(POINTS, IMAGE, torch.zeros(1, 8, 8))
    for place, level in enumerate((0, 51, 102, 153)):
        assert (panel(picture, 0, place) == level).all()
    assert (panel(picture, 1, 0) == 204).all()
    assert (panel(picture, 1, 1) == 255).all()
    assert picture.width == 2 * MARGIN + 4 * (SIDE + 2) + 3 * GAP


@pytest.mark.parametrize("count", [1, 2])
def test_a_path_may_be_a_point(count: int) -> None:
    picture = path_picture(POINTS[:count], IMAGE, torch.zeros(1, 8, 8))
    assert (panel(picture, 0, count - 1) == 51 * (count - 1)).all()


def test_equal_input_gives_equal_bytes_and_a_caption_is_added_below() -> None:
    plain, again = (path_picture(POINTS, IMAGE, IMAGE - 1) for _ in range(2))
    assert plain.tobytes() == again.tobytes()
    told = path_picture(POINTS, IMAGE, IMAGE - 1, caption=["a word"])
    assert told.width == plain.width
    # White paper alone lies below the key of the plain one.
    above = plain.height - MARGIN
    assert (np.asarray(told)[:above] == np.asarray(plain)[:above]).all()
    assert told.height == plain.height + line_height(12) + 2 * GAP


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ShapeError):
        path_picture(POINTS[..., :7], IMAGE, torch.zeros(1, 8, 8))
    with pytest.raises(ShapeError):
        path_picture(POINTS * 2, IMAGE, torch.zeros(1, 8, 8))
    with pytest.raises(ShapeError):
        path_picture(POINTS, IMAGE, torch.full((1, 8, 8), float("nan")))
    with pytest.raises(UnknownNameError):
        path_picture(POINTS, IMAGE, IMAGE, rendering="loud")  # type: ignore[arg-type]
