"""Values of rows as bars: the picture of every metric that has none of its own."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from xaitool.registry.entry import Drawing
from xaitool.report.value_bars import Value, value_bars
from xaitool.workflows.evaluation.drawable import Row, heading, in_words

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# What tells the rows of a metric apart, beside their source.
PARTS = (
    "metric",
    "quantity",
    "attack",
    "epsilon",
    "method",
    "baseline",
    "twin",
    "path",
    "pair",
    "judge",
    "attribute",
    "delta",
    "layer",
    "channel_sum",
    "label",
    "group",
)
_KINDS = {
    "metric": "quantity",
    "channel_sum": "sum over channels",
    "epsilon": "budget ε",
    "delta": "place",
    "label": "true class",
}
# More of them nobody can tell apart.
MOST_BARS = 60


def draw_values(rows: Sequence[Row], names: Mapping[str, str], drawing: Drawing) -> Figure | None:
    """A bar for each row, a colour for each artifact where a row is not all that one has.

    None of a single number.
    """
    # Rows of a difference say how two of the others differ.
    rows = [row for row in rows if _is_number(row["value"]) and "versus" not in row][:MOST_BARS]
    if len(rows) < 2:
        return None
    parts = [part for part in PARTS if len({str(row.get(part)) for row in rows}) > 1]
    if not parts:
        return _by_artifact(rows, names, drawing)
    groups: dict[str, dict[str, Value]] = {}
    for row in rows:
        told = [_text(part, row[part]) for part in parts if row.get(part) not in (None, {})]
        label = ", ".join(told) or in_words(str(row["metric"]))
        groups.setdefault(label, {})[names[str(row["source"])]] = _value(row)
    return value_bars(
        groups,
        title=heading(drawing.title, names),
        x_label=drawing.quantity,
        y_label=_kinds(parts, rows),
    )


def _by_artifact(rows: Sequence[Row], names: Mapping[str, str], drawing: Drawing) -> Figure:
    metric = in_words(str(rows[0]["metric"]))
    is_told = metric.replace("-", " ").lower() in drawing.title.lower()
    return value_bars(
        {names[str(row["source"])]: {"": _value(row)} for row in rows},
        title=drawing.title if is_told else f"{drawing.title}: {metric}",
        x_label=drawing.quantity,
        y_label="artifact",
    )


def draw_per_class(
    rows: Sequence[Row], names: Mapping[str, str], drawing: Drawing
) -> Figure | None:
    """A bar for each class, of rows that have their values ``per_class``."""
    groups: dict[str, dict[str, Value]] = {}
    for row in rows:
        for label, value in row["per_class"].items():
            if _is_number(value):
                groups.setdefault(label, {})[names[str(row["source"])]] = Value(value)
    if not groups:
        return None
    return value_bars(
        groups, title=heading(drawing.title, names), x_label=drawing.quantity, y_label="true class"
    )


def _kinds(parts: Sequence[str], rows: Sequence[Row]) -> str:
    """What all names begin with; parts that only some rows have explain themselves."""
    shared = [part for part in parts if all(row.get(part) not in (None, {}) for row in rows)]
    return ", ".join(dict.fromkeys(_KINDS.get(part, part) for part in shared)) or "quantity"


def _text(part: str, value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(str(one) for one in value.values())
    if isinstance(value, float):
        return f"{'ε = ' if part == 'epsilon' else ''}{value:.3g}"
    return in_words(str(value))


def _value(row: Row) -> Value:
    low, high, spread = row.get("low"), row.get("high"), row.get("std")
    if low is not None and high is not None:
        return Value(row["value"], low, high)
    if spread is not None:
        return Value(row["value"], row["value"] - spread, row["value"] + spread)
    return Value(row["value"])


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)
