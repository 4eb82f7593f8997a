"""Several artifacts as the columns of a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from xaitool.cli.tables.fields import varies, words
from xaitool.cli.tables.grid import Column, grid
from xaitool.cli.tables.names import shortened
from xaitool.cli.tables.numbers import estimate, key, shown
from xaitool.cli.tables.page import Page

Row = Mapping[str, Any]

Record = Mapping[str, Row]
"""Rows of one key, by artifact."""

LONGEST_SOURCE = 24


def side_by_side(
    rows: Sequence[Row], keys: Sequence[str], figures: Sequence[str], value_name: str, page: Page
) -> Iterator[str]:
    """A line a key, below it one for each further figure, and a column an artifact.

    A figure that is the same for all artifacts stands beside the key; one that is the same for all
    keys, in the last lines.

    Args:
        rows: What was measured.
        keys: Fields that say what a row is of.
        figures: Further fields that were measured.
        value_name: What the value is.
        page: Where it is shown.
    """
    records = _records(rows, keys)
    of_source: dict[str, list[Row]] = {}
    for row in rows:
        of_source.setdefault(row["source"], []).append(row)
    beside = [name for name in figures if not _differs(name, [one.values() for one in records])]
    last = [
        name for name in figures if name not in beside and not _differs(name, of_source.values())
    ]
    below = [name for name in figures if name not in (*beside, *last)]
    shown_keys = [*keys, *beside]
    heads = [*map(words, shown_keys), *[""] * (bool(below) or not shown_keys)]
    lines: list[tuple[list[str], list[str]]] = []
    for record in records:
        own = [record.get(source) for source in of_source]
        first = next(iter(record.values()))
        label = [*(key(first.get(name)) for name in shown_keys), value_name][: len(heads)]
        lines.append((label, [estimate(row, page) if row else "" for row in own]))
        for name in below:
            label = [*[""] * len(shown_keys), words(name)]
            lines.append((label, [shown(row.get(name)) if row else "" for row in own]))
    for name in last:
        label = [words(name), *[""] * (len(heads) - 1)]
        lines.append((label, [_only(name, own) for own in of_source.values()]))
    names = shortened([shown(source) for source in of_source], LONGEST_SOURCE)
    labels, cells = zip(*lines, strict=True)
    yield from grid(_columns(heads, labels), _columns(names, cells), page.width)


def _records(rows: Sequence[Row], keys: Sequence[str]) -> list[Record]:
    """Rows of the same key by artifact; a second one of an artifact begins another record."""
    records: dict[str, list[dict[str, Row]]] = {}
    for row in rows:
        of_key = records.setdefault(repr([row.get(name) for name in keys]), [])
        free = next((one for one in of_key if row["source"] not in one), None)
        if free is None:
            of_key.append(free := {})
        free[row["source"]] = row
    return [record for of_key in records.values() for record in of_key]


def _differs(name: str, parts: Iterable[Iterable[Row]]) -> bool:
    """Whether a figure has several values within any part."""
    return any(varies(name, part) for part in parts)


def _only(name: str, rows: Sequence[Row]) -> str:
    """The one value of a figure; where nothing was measured the count is another."""
    return shown(next((row for row in rows if row["value"] is not None), rows[0]).get(name))


def _columns(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[Column]:
    cells = zip(*rows, strict=True)
    return [Column(head, list(own), words=True) for head, own in zip(heads, cells, strict=True)]
