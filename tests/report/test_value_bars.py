"""Bars with intervals."""

from typing import Any

import pytest

from tests.report.figures import outside, overlapping
from xaitool.report.figure import COLOURS
from xaitool.report.value_bars import Value, value_bars

LABELS: dict[str, Any] = {"title": "Errors", "x_label": "error (points)", "y_label": "quantity"}


@pytest.mark.parametrize(
    "groups",
    [
        {"RMSE": {"a": Value(0.5, 0.4, 0.6)}, "MAE": {"a": Value(-0.3)}},
        {str(place): {"a": Value(place), "b": Value(-1.0, -2, 0)} for place in range(12)},
        {"reasons": {"a": Value(-0.00766)}, "random": {"a": Value(-0.9, -1.1, -0.7)}},
        {"long name " * 9: {"run " * 30: Value(1e-9)}, "$x$": {"b": Value(0.0)}},
    ],
)
def test_nothing_is_cut_or_covered(groups):
    figure = value_bars(groups, **LABELS)
    assert outside(figure) == []
    assert overlapping(figure) == []


def test_a_number_is_no_wider_than_in_a_table_and_stands_away_from_the_names():
    figure: Any = value_bars({"fid": {"a": Value(1517.2), "b": Value(-0.007664)}}, **LABELS)
    first, second = figure.axes[0].texts
    assert (first.get_text(), second.get_text()) == ("1517", "−0.007664")
    assert second.xy[0] == 0


def test_a_bar_for_each_value_in_the_colour_of_its_series():
    groups = {"x": {"a": Value(1.0), "b": Value(3.0)}, "y": {"b": Value(-2.0)}}
    figure: Any = value_bars(groups, **LABELS)
    [axes] = figure.axes
    assert [bar.get_width() for bar in axes.patches] == [1.0, 3.0, -2.0]
    assert [text.get_text() for text in axes.texts] == ["1", "3", "−2"]
    assert [text.get_text() for text in axes.get_yticklabels()] == ["x", "y"]
    first, *rest = (bar.get_facecolor() for bar in axes.patches)
    assert first != rest[0] == rest[1]
    assert len(COLOURS) > 2
