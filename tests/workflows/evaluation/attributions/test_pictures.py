"""Figures of rows of attribution files."""

from typing import Any

import pytest

from tests.report.figures import outside, overlapping
from xaitool.registry import drawings
from xaitool.workflows.evaluation.attributions.pictures import draw_pixel_curves
from xaitool.workflows.evaluation.drawable import DrawableRow


@pytest.mark.parametrize(("metric", "word"), [("insertion", "shown"), ("deletion", "removed")])
def test_the_mean_curve_of_each_file(metric, word):
    rows = [
        DrawableRow(
            {"metric": metric, "source": source, "value": value, "channel_sum": "signed"},
            fractions=[0, 0.5, 1],
            curve=[0.1, value, 0.9],
        )
        for source, value in (("a.h5", 0.5), ("b.h5", None), ("c.h5", 0.3))
    ]
    names = {row["source"]: row["source"] for row in rows}
    figure: Any = draw_pixel_curves(rows, names, drawings.INSERTION)
    [axes] = figure.axes
    assert [line.get_ydata().tolist() for line in axes.lines] == [[0.1, 0.5, 0.9], [0.1, 0.3, 0.9]]
    assert axes.get_xlabel() == f"share of the pixels {word}"
    [legend] = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "a.h5 (area 0.5)",
        "c.h5 (area 0.3)",
    ]
    assert not outside(figure)
    assert not overlapping(figure)


def test_attributions_of_zeros_have_no_curve():
    row = {"metric": "deletion", "source": "a", "value": None, "channel_sum": "signed"}
    assert draw_pixel_curves([row], {"a": "a"}, drawings.DELETION) is None
