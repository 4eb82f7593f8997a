"""Numbers by name, such as accuracies by class: the longer side goes down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from xaitool.cli.tables.fields import words
from xaitool.cli.tables.grid import Column, grid, paragraph
from xaitool.cli.tables.names import shortened
from xaitool.cli.tables.numbers import shown
from xaitool.cli.tables.page import Page

Row = Mapping[str, Any]

MOST_NAMES = 20
"""Of more names those with the lowest numbers are shown."""

WIDEST = 24

BEFORE = {"ranks": "rank "}
"""By field what stands before names that say nothing by themselves."""


def by_name_lines(
    field: str, rows: Sequence[Row], keys: Sequence[str], page: Page
) -> Iterator[str]:
    """A table of the numbers that a field holds in each row.

    Args:
        field: The field, a mapping from names to numbers.
        rows: Of one metric.
        keys: Fields in which the rows differ, beside ``source``.
        page: Where it is shown.
    """
    rows = [row for row in rows if row.get(field)]
    sources = {row["source"] for row in rows}
    labels = [*keys, *["source"] * (len(sources) > 1)]
    names = list(dict.fromkeys(name for row in rows for name in row[field]))
    if all(name.isdecimal() for name in names):
        names.sort(key=int)
    before = BEFORE.get(field, "")
    title = f"{rows[0]['metric']}, {words(field)}"
    if len(names) < len(rows):
        yield from paragraph(title, page)
        left = [
            _column(words(one), [row.get(one, "") for row in rows], words=True) for one in labels
        ]
        right = [
            _column(f"{before}{name}", [row[field].get(name) for row in rows]) for name in names
        ]
        yield from grid(left, right, page.width)
        return
    few = _lowest(names, rows[0][field])
    if len(few) < len(names):
        title += f": the lowest {len(few)} of {len(names)} (all: piped, or with --json)"
    yield from paragraph(title, page)
    series = [", ".join(shown(row.get(one)) for one in labels) or "value" for row in rows]
    heads = shortened(series, WIDEST)
    left = [_column("", [f"{before}{name}" for name in few], words=True)]
    right = [
        _column(head, [row[field].get(name) for name in few])
        for head, row in zip(heads, rows, strict=True)
    ]
    yield from grid(left, right, page.width)


def _lowest(names: Sequence[str], numbers: Mapping[str, float | None]) -> Sequence[str]:
    """The names in their order where they are few."""
    if len(names) <= MOST_NAMES:
        return names
    measured = [name for name in names if numbers.get(name) is not None]
    return sorted(measured, key=lambda name: numbers[name] or 0.0)[:MOST_NAMES]


def _column(head: str, values: Sequence[Any], *, words: bool = False) -> Column:
    return Column(shown(head), [shown(value) for value in values], words)
