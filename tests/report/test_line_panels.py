"""Panels of lines."""

from typing import Any

import numpy as np
import pytest

from tests.report.figures import outside, overlapping, pixels
from xaitool.report.figure import COLOURS
from xaitool.report.line_panels import Line, line_panels

LABELS: dict[str, Any] = {"title": "Accuracy", "x_label": "budget", "y_label": "accuracy"}
DOWN, UP = Line([0, 0.5, 1], [1, 0.5, 0]), Line([0, 1], [0, 1], [0, 0.9], [0.1, 1])


@pytest.mark.parametrize("count", [1, 2, 4])
def test_all_panels_name_their_axes_and_nothing_is_cut_or_covered(count):
    panels = {f"attack {place}": {"a": DOWN, "another run": UP} for place in range(count)}
    figure = line_panels(panels, **LABELS, shares=True, diagonal="ideal")
    shown = [axes for axes in figure.axes if axes.get_visible()]
    assert [axes.get_xlabel() for axes in shown] == ["budget"] * count
    assert {axes.get_ylabel() for axes in shown} == {"accuracy", *([""] if count > 1 else [])}
    assert outside(figure) == []
    assert overlapping(figure) == []
    [legend] = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["a", "another run", "ideal"]


def test_the_same_name_has_the_same_line_in_all_panels():
    figure = line_panels({"first": {"a": DOWN, "b": UP}, "second": {"b": UP}}, **LABELS)
    first, second = figure.axes
    assert first.lines[1].get_color() == second.lines[0].get_color() == COLOURS[1]


def test_a_falling_line_falls_and_a_band_is_around_it():
    picture = np.asarray(pixels(line_panels({"": {"a": DOWN}}, **LABELS))).astype(int)
    colour = np.array(list(bytes.fromhex(COLOURS[0][1:])))
    rows, columns = np.nonzero(np.abs(picture - colour).max(axis=-1) < 30)
    assert np.corrcoef(rows, columns)[0, 1] > 0.99
    [axes] = line_panels({"": {"a": UP}}, **LABELS).axes
    assert len(axes.collections) == 1
