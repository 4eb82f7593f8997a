"""Figures of rows of classifiers."""

from typing import Any

from tests.report.figures import outside, overlapping
from xaitool.registry import drawings
from xaitool.workflows.evaluation.classifiers.pictures import (
    draw_balance,
    draw_confusion,
    draw_ranks,
    draw_reliability,
    draw_robustness,
)
from xaitool.workflows.evaluation.drawable import DrawableRow

ONE = {"a": "a"}
BOTH = {"a": "a", "b": "b"}


def attacked(source, attack, epsilon, value, made_on=None):
    return {
        "source": source,
        "attack": attack,
        "epsilon": epsilon,
        "made_on": made_on or source,
        "value": value,
        "low": value - 0.1,
        "high": value + 0.1,
        "clean": 0.9,
    }


def test_reliability():
    row = DrawableRow({"source": "a", "ece": 0.1}, confidence=[0.3, 0.9], accuracy=[0.2, 1.0])
    figure: Any = draw_reliability([row], ONE, drawings.RELIABILITY)
    line, ideal = figure.axes[0].lines
    assert line.get_xydata().tolist() == [[0.3, 0.2], [0.9, 1.0]]
    assert ideal.get_xydata().tolist() == [[0, 0], [1, 1]]
    assert not outside(figure)
    assert not overlapping(figure)


def test_confusion():
    rows = [
        {"source": "a", "label": "cat", "predicted": {"cat": 3, "dog": 1}},
        {"source": "a", "label": "dog", "predicted": {}},
    ]
    figure: Any = draw_confusion(rows, ONE, drawings.CONFUSION)
    assert figure.axes[0].images[0].get_array().tolist() == [[0.75, 0.25], [0, 0]]
    assert figure.get_suptitle() == "Confusion (a)"


def test_both_sides_of_the_balance():
    rows = [{"source": "a", "label": "cat", "left": 2.0, "right": 3.0}]
    figure: Any = draw_balance(rows, ONE, drawings.BALANCE)
    [axes] = figure.axes
    assert [bar.get_width() for bar in axes.patches] == [2.0, 3.0]


def test_accuracy_over_budgets_begins_without_an_attack():
    rows = [attacked("a", "fgsm", 0.2, 0.3), attacked("a", "fgsm", 0.1, 0.5)]
    rows.append(attacked("a", "cw-l2", None, 0.1))
    figure: Any = draw_robustness(rows, ONE, drawings.ROBUSTNESS)
    [axes] = figure.axes
    [line] = axes.lines
    assert line.get_xydata().tolist() == [[0, 0.9], [0.1, 0.5], [0.2, 0.3]]
    assert axes.get_xlabel() == "largest change of a pixel, ε (white is 1)"


def test_several_classifiers_share_a_panel_for_each_attack():
    rows = [attacked(one, attack, 0.1, 0.5) for one in BOTH for attack in ("fgsm", "pgd")]
    rows.append(attacked("b", "pgd", 0.1, 0.6, made_on="a"))
    figure: Any = draw_robustness(rows, BOTH, drawings.ROBUSTNESS)
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == ["fgsm", "pgd", "pgd made on a"]
    assert [len(axes.lines) for axes in figure.axes] == [2, 2, 1]
    assert not outside(figure)
    assert not overlapping(figure)


def test_attacks_without_a_budget_have_no_curve():
    assert draw_robustness([attacked("a", "cw-l2", None, 0.1)], ONE, drawings.ROBUSTNESS) is None


def test_ranks_add_up_and_late_ones_share_a_colour():
    row = {"source": "a", "attack": "fgsm", "epsilon": 0.1, "n": 4}
    rows = [{**row, "ranks": {"2": 2, "6": 1, "9": 1}}, {**row, "n": 0, "ranks": {}}]
    figure: Any = draw_ranks(rows, ONE, drawings.RANKS)
    assert [bar.get_width() for bar in figure.axes[0].patches] == [0.5, 0, 0, 0.5]
    assert draw_ranks(rows[1:], ONE, drawings.RANKS) is None
