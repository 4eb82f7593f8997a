"""What the fields of a metric's rows are to a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]

IN_VALUE = ("metric", "source", "value", "low", "high", "std")
"""What every row has, and what stands in the cell of its value."""

SAID_BEFORE = ("picture",)
"""What the workflow has said already."""

KEYS = (
    "metric",
    "quantity",
    "attack",
    "epsilon",
    "after",
    "made_on",
    "method",
    "baseline",
    "versus",
    "twin",
    "path",
    "pair",
    "channel_sum",
    "judge",
    "attribute",
    "delta",
    "layer",
    "label",
    "group",
    "conflicting",
)
"""Fields that say what a row is of; all others are measured."""


def said(rows: Sequence[Row]) -> list[str]:
    """Names of the fields that say something new, but those in `IN_VALUE`."""
    names = dict.fromkeys(name for row in rows for name in row)
    found = [
        name
        for name in names
        if name not in (*IN_VALUE, *SAID_BEFORE)
        and any(row.get(name) not in (None, {}, "") for row in rows)
    ]
    # That a value comes from one run is no count worth a column.
    of_one = all((row.get("n") or 0) <= 1 for row in rows)
    return [name for name in found if not (of_one and name in ("n", "runs"))]


def number_mappings(rows: Sequence[Row]) -> list[str]:
    """Fields that hold numbers by name, such as ``per_class``."""
    return [
        name
        for name in said(rows)
        if name not in KEYS and any(_has_numbers(row.get(name)) for row in rows)
    ]


def varies(name: str, rows: Iterable[Row]) -> bool:
    """Whether a field differs between rows; the count of a row without a value is not asked."""
    asked = (row for row in rows if name != "n" or row.get("value") is not None)
    return len({repr(row.get(name)) for row in asked}) > 1


def words(name: str) -> str:
    """The name of a field for people."""
    return name.replace("_", " ")


def _has_numbers(value: Any) -> bool:
    return isinstance(value, Mapping) and any(
        isinstance(one, int | float) for one in value.values()
    )
