"""Curves along paths."""

import numpy as np

from tests.report.figures import pixels
from xaitool.report.figure import COLOURS
from xaitool.report.path_curves import path_curves

PLACES = [0.0, 0.5, 1.0]


def drawn(picture, index):
    """Where a picture has the colour of a curve: rows and columns."""
    colour = np.array(list(bytes.fromhex(COLOURS[index][1:])))
    return np.nonzero(np.abs(np.asarray(picture).astype(int) - colour).max(axis=-1) < 30)


def picture(panels):
    return pixels(path_curves(panels, PLACES, x_label="place", y_label="probability"))


def test_a_panel_for_each_path_with_the_same_line_for_an_image():
    found = picture({"up": [[0.0, 0.5, 1.0], [0.5, 0.5, 0.5]], "down": [[1.0, 0.5, 0.0]]})
    assert found.mode == "RGB"
    rows, columns = drawn(found, 0)
    middle = 0.515 * found.width  # between the panels
    left = columns < middle
    # Up in the first panel, where rows count downwards, and down in the second.
    assert np.corrcoef(rows[left], columns[left])[0, 1] < -0.99
    assert np.corrcoef(rows[~left], columns[~left])[0, 1] > 0.99
    assert (drawn(found, 1)[1] < middle).all()


def test_places_are_where_they_are_said_to_be():
    found = pixels(path_curves({"": [[0.0, 0.0, 1.0]]}, [0, 0.25, 1], x_label="", y_label=""))
    rows, columns = drawn(found, 0)
    flat = columns[rows == rows.max()]
    share = (flat.max() - columns.min()) / (columns.max() - columns.min())
    assert 0.23 < share < 0.29


def test_equal_input_gives_equal_pictures():
    panels = {"a": [[0.1 * index] * 3 for index in range(10)]}
    assert picture(panels).tobytes() == picture(panels).tobytes()
