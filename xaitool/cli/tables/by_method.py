"""Methods with several baselines: a column a method, as papers have it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from xaitool.cli.tables.fields import said, varies

Row = Mapping[str, Any]


def by_method(rows: Sequence[Row]) -> Sequence[Row]:
    """Rows of one artifact with a method in its place, where all have the same baselines.

    Others stay as they are.

    Args:
        rows: Of one metric.
    """
    names = said(rows)
    of_methods = all(row.get("method") for row in rows)
    if "versus" in names or varies("source", rows) or not of_methods:
        return rows
    if not all(name in names and varies(name, rows) for name in ("method", "baseline")):
        return rows
    pairs = {(row["method"], row["baseline"]) for row in rows}
    methods, baselines = map(set, zip(*pairs, strict=True))
    if len(pairs) < len(methods) * len(baselines):
        return rows
    return [
        {**row, "artifact": row["source"], "source": row["method"], "method": None} for row in rows
    ]
