"""Pictures in rows and columns."""

import numpy as np
import pytest
from PIL import Image

from xaitool.errors import ShapeError
from xaitool.report.picture_table import GAP, picture_table


def square(colour, side=40):
    return Image.new("RGB", (side, side), colour)


def place(picture, colour):
    """Left, top, right and bottom of a colour."""
    rows, columns = np.nonzero((np.asarray(picture) == colour).all(axis=-1))
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def test_pictures_stand_in_their_cells():
    table = picture_table(
        {"a": [square(RED), square(GREEN)], "b": [None, square(BLUE)]}, ["early", "late"]
    )
    red, green, blue = (place(table, colour) for colour in (RED, GREEN, BLUE))
    assert (red[2] - red[0], red[3] - red[1]) == (40, 40)
    assert (green[0] - red[2], green[1]) == (GAP, red[1])
    assert (blue[0], blue[1] - green[3]) == (green[0], GAP)


def test_large_pictures_are_reduced_and_small_ones_stay():
    table = picture_table({"a": [square(RED, 300), square(GREEN, 20)]}, ["x", "y"], side=100)
    red, green = place(table, RED), place(table, GREEN)
    assert (red[2] - red[0], red[3] - red[1]) == (100, 100)
    assert (green[2] - green[0], green[3] - green[1]) == (20, 20)
    assert green[0] + 10 == red[2] + GAP + 50


def test_grey_pictures_and_long_labels():
    grey = Image.new("L", (60, 60), 128)
    table = picture_table({"a-very-" * 8: [grey], "b": [grey]}, ["a long heading of a column"])
    border = np.asarray(table)
    assert all((edge == 255).all() for edge in (border[0], border[-1], border[:, 0], border[:, -1]))
    assert place(table, (128, 128, 128))[0] > 60


@pytest.mark.parametrize(
    ("rows", "columns"), [({}, ["a"]), ({"a": []}, []), ({"a": [None], "b": []}, ["x"])]
)
def test_a_table_that_is_none(rows, columns):
    with pytest.raises(ShapeError, match="at least one row is wanted"):
        picture_table(rows, columns)
