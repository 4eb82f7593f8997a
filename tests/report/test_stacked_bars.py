"""Bars are as long as their parts."""

from typing import Any

import matplotlib
import numpy as np
import pytest

from tests.report import figures
from xaitool.report import stacked_bars as module
from xaitool.report.figure import COLOURS, INK

BARS = {
    "plain": {"training": 3.0, "explanations": 0.0},
    "explained": {"training": 3.0, "explanations": 6.0},
}
LABELS: dict[str, Any] = {"title": "Time", "x_label": "seconds", "y_label": "run"}


def stacked_bars(bars, **options):
    return figures.pixels(module.stacked_bars(bars, **options))


def lengths(picture, index):
    """Pixels of a part in the middle rows of the bars, top to bottom; the legend left out."""
    colour = np.array(list(bytes.fromhex(COLOURS[index][1:])))
    found = np.abs(np.asarray(picture).astype(int) - colour).max(axis=-1) < 10
    counts = found[: int(0.7 * len(found))].sum(axis=1)
    edges = np.flatnonzero(np.diff((counts > 40).astype(int)))
    return [np.median(counts[a + 1 : b + 1]) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def test_parts_are_to_scale():
    picture = stacked_bars(BARS, **LABELS)
    first, second = lengths(picture, 0)
    (explained,) = lengths(picture, 1)
    assert first == pytest.approx(second, abs=3)
    assert explained == pytest.approx(2 * first, abs=5)


def test_a_whisker_is_at_the_end_of_its_bar():
    plain, none = (
        stacked_bars(BARS, spreads=spreads, **LABELS).tobytes()
        for spreads in (None, {"explained": 0.0})
    )
    assert plain == none
    picture = stacked_bars(BARS, spreads={"explained": 3.0}, **LABELS)
    three = lengths(picture, 0)[0]
    pixels = np.asarray(picture).astype(int)
    orange, ink = (
        np.abs(pixels - np.array(list(bytes.fromhex(colour[1:])))).max(axis=-1) < 60
        for colour in (COLOURS[1], INK)
    )
    row = int(np.median(np.flatnonzero(orange[: int(0.7 * len(orange))].sum(axis=1) > 40)))
    start, end = np.flatnonzero(orange[row - 15])[[0, -1]]
    assert ink[row, end:].sum() > 0
    assert ink[row, start:end].sum() == pytest.approx(three, abs=6)


@pytest.mark.parametrize(
    "bars",
    [
        {"a": {"training": 0.0, "explanations": 0.0}},
        {"long " * 6 + "\n" + "name " * 6: {"training": 1e6}},
        {str(number): {"a": 1.0, "b": 2.0} for number in range(20)},
    ],
)
def test_any_bars_give_a_picture_and_no_warning(bars):
    picture = stacked_bars(bars, **LABELS)
    assert picture.mode == "RGB"
    border = np.asarray(picture)
    assert all((edge == 255).all() for edge in (border[0], border[-1], border[:, 0], border[:, -1]))


def test_the_same_input_gives_the_same_bytes_whatever_the_user_prefers():
    first = stacked_bars(BARS, **LABELS).tobytes()
    with matplotlib.rc_context({"figure.facecolor": "red", "font.size": 20}):
        assert stacked_bars(BARS, **LABELS).tobytes() == first


def test_names_that_are_bytes_but_no_text_are_drawn():
    assert stacked_bars({"run\udce9": BARS["plain"]}, **LABELS).size
