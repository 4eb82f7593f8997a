"""Bars of any metric's rows."""

from typing import Any

from xaitool.registry.entry import Drawing
from xaitool.workflows.evaluation.value_picture import draw_per_class, draw_values

DRAWING = Drawing("Likeness", "correlation")


def row(value, source="a", **more):
    return {"metric": "twin-similarity", "value": value, "source": source, **more}


def ticks(figure):
    return [text.get_text() for text in figure.axes[0].get_yticklabels()]


def test_rows_are_named_by_what_tells_them_apart():
    rows = [
        row(0.5, method="saliency", baseline=None, twin="cvae", low=0.4, high=0.6),
        row(0.7, method="agi", baseline=None, twin="cvae", std=0.1),
    ]
    figure: Any = draw_values(rows, {"a": "a"}, DRAWING)
    assert ticks(figure) == ["saliency", "agi"]
    [axes] = figure.axes
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("correlation", "method")
    assert figure.get_suptitle() == "Likeness (a)"


def test_the_axis_names_what_all_rows_have():
    rows = [
        row(0.9, quantity="worst-group", label=None, group=None),
        row(0.8, quantity="accuracy", label="cat", group={"fur": "long"}),
    ]
    figure: Any = draw_values(rows, {"a": "a"}, DRAWING)
    assert ticks(figure) == ["worst-group", "accuracy, cat, long"]
    assert figure.axes[0].get_ylabel() == "quantity"


def test_of_one_number_each_the_bars_are_of_artifacts():
    rows = [row(1.0), row(2.0, "b")]
    figure: Any = draw_values(rows, {"a": "run a", "b": "run b"}, DRAWING)
    assert ticks(figure) == ["run a", "run b"]
    assert figure.axes[0].get_ylabel() == "artifact"
    assert figure.get_suptitle() == "Likeness: twin-similarity"
    figure = draw_values(rows, {"a": "a", "b": "b"}, Drawing("Twin similarity", "correlation"))
    assert figure.get_suptitle() == "Twin similarity"


def test_artifacts_stand_side_by_side():
    rows = [row(1.0, method="agi"), row(2.0, "b", method="agi"), row(3.0, method="saliency")]
    figure: Any = draw_values(rows, {"a": "a", "b": "b"}, DRAWING)
    assert ticks(figure) == ["agi", "saliency"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["a", "b"]


def test_a_single_number_is_no_picture():
    assert draw_values([row(1.0), row(None), row(float("nan"))], {"a": "a"}, DRAWING) is None


def test_a_bar_for_each_class():
    rows = [row(1.0, per_class={"cat": 0.5, "dog": None, "cow": -0.2})]
    figure: Any = draw_per_class(rows, {"a": "a"}, DRAWING)
    assert ticks(figure) == ["cat", "cow"]
    assert draw_per_class([row(1.0, per_class={"cat": None})], {"a": "a"}, DRAWING) is None
