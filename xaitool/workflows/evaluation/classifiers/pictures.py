"""Figures of what is measured of classifiers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from xaitool.registry.entry import Drawing
from xaitool.report.line_panels import Line, line_panels
from xaitool.report.matrix import matrix_figure
from xaitool.report.stacked_bars import stacked_bars
from xaitool.report.value_bars import Value, value_bars
from xaitool.workflows.evaluation.drawable import DrawableRow, Row, heading

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BUDGET = "largest change of a pixel, ε (white is 1)"
# Ranks from this one on share a colour, as in the PC paper's figure 2.
LAST_RANK = 5


def draw_reliability(rows: Sequence[Row], names: Mapping[str, str], drawing: Drawing) -> Figure:
    """How often what is predicted with which probability is right (Guo et al. 2017, figure 1)."""
    lines = {}
    for row in rows:
        drawn = row.drawn if isinstance(row, DrawableRow) else {}
        label = f"{names[str(row['source'])]} (ECE {row['ece']:.3g})"
        lines[label] = Line(drawn["confidence"], drawn["accuracy"])
    return line_panels(
        {"": lines},
        title=heading("Reliability", names),
        x_label="mean probability of the predicted class",
        y_label="accuracy (share of images)",
        shares=True,
        diagonal="as probable as right",
    )


def draw_confusion(rows: Sequence[Row], names: Mapping[str, str], drawing: Drawing) -> Figure:
    """A row for each true class, a column for each predicted one."""
    classes = [row["label"] for row in rows]
    return matrix_figure(
        [[row["predicted"].get(name, 0) for name in classes] for row in rows],
        classes,
        title=heading("Confusion", names),
        x_label="predicted class",
        y_label="true class",
        share_label="share of the true class's images",
    )


def draw_balance(rows: Sequence[Row], names: Mapping[str, str], drawing: Drawing) -> Figure:
    """Both sides of equation 9 of the LGL-INR paper for each class."""
    sides = {"left": "missing from the class itself", "right": "given to it by other classes"}
    return value_bars(
        {row["label"]: {words: Value(row[key]) for key, words in sides.items()} for row in rows},
        title=heading("Prediction balance", names),
        x_label=drawing.quantity,
        y_label="class",
    )


def draw_robustness(
    rows: Sequence[Row], names: Mapping[str, str], drawing: Drawing
) -> Figure | None:
    """Accuracy over the budget: a panel for each attack, a line for each classifier."""
    panels: dict[str, dict[str, Line]] = {}
    for row in rows:
        made_on = row["made_on"]
        transferred = made_on not in (None, row["source"])
        attack = (
            f"{row['attack']} made on {names.get(made_on, made_on)}"
            if transferred
            else row["attack"]
        )
        own = [
            one
            for one in rows
            if (one["attack"], one["made_on"], one["source"])
            == (row["attack"], made_on, row["source"])
            and one["epsilon"] is not None
        ]
        if own:
            lines = panels.setdefault(attack, {})
            lines[names[str(row["source"])]] = _over_budget(own)
    if not panels:
        return None
    if len(names) == 1:
        panels = {"": {attack: next(iter(lines.values())) for attack, lines in panels.items()}}
    return line_panels(
        panels,
        title=heading("Accuracy under attack", names),
        x_label=BUDGET,
        y_label=drawing.quantity,
        shares=True,
    )


def _over_budget(rows: Sequence[Row]) -> Line:
    rows = sorted(rows, key=lambda row: row["epsilon"])
    # Without an attack, unless a budget of 0 is among the measured ones.
    start = [] if rows[0]["epsilon"] == 0 else [rows[0]["clean"]]
    zero = [0.0] * len(start)
    return Line(
        [*zero, *(row["epsilon"] for row in rows)],
        [*start, *(row["value"] for row in rows)],
        [*start, *(row["low"] for row in rows)],
        [*start, *(row["high"] for row in rows)],
    )


def draw_ranks(rows: Sequence[Row], names: Mapping[str, str], drawing: Drawing) -> Figure | None:
    """Which ranks the new successes of each budget reach (PC paper, figure 2)."""
    bars = {
        f"{row['attack']}, ε = {row['epsilon']:.3g} ({row['n']})": _by_rank(row)
        for row in rows
        if row["n"]
    }
    if not bars:
        return None
    return stacked_bars(
        bars,
        title=heading("Classes that attacks lead to, by their rank in the clean prediction", names),
        x_label=drawing.quantity,
        y_label="attack and its budget (new successes)",
        totals=False,
    )


def _by_rank(row: Row) -> dict[str, float]:
    shares = {int(rank): count / row["n"] for rank, count in row["ranks"].items()}
    beyond = sum(share for rank, share in shares.items() if rank >= LAST_RANK)
    named = {f"rank {rank}": shares.get(rank, 0.0) for rank in range(2, LAST_RANK)}
    return {**named, f"rank {LAST_RANK} and below": beyond}
