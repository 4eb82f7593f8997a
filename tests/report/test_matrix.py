"""Tables of counts."""

from typing import Any

import pytest

from tests.report.figures import outside, overlapping
from xaitool.report.matrix import matrix_figure

LABELS: dict[str, Any] = {
    "title": "Confusion of a",
    "x_label": "predicted class",
    "y_label": "true class",
    "share_label": "share of the class",
}


def test_counts_stand_in_their_cells():
    figure: Any = matrix_figure([[3, 1], [0, 0]], ["cat", "dog"], **LABELS)
    axes, bar = figure.axes
    placed = {text.get_text(): text.get_position() for text in axes.texts}
    assert placed == {"3": (0, 0), "1": (1, 0)}
    assert axes.images[0].get_array().tolist() == [[0.75, 0.25], [0, 0]]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted class", "true class")
    assert bar.get_ylabel() == "share of the class"


@pytest.mark.parametrize("count", [2, 10, 30, 100])
@pytest.mark.parametrize("word", ["", "a class of some length "])
def test_nothing_is_cut_or_covered(count, word):
    names = [f"{word}{place}" for place in range(count)]
    figure = matrix_figure([[1000] * count] * count, names, **LABELS)
    assert outside(figure) == []
    assert overlapping(figure) == []
