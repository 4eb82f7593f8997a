"""The table of one metric, or of several that have one figure an artifact."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from xaitool.cli.tables.by_name import by_name_lines
from xaitool.cli.tables.fields import KEYS, number_mappings, said, varies, words
from xaitool.cli.tables.folded import folded
from xaitool.cli.tables.grid import Column, grid, paragraph
from xaitool.cli.tables.names import clipped
from xaitool.cli.tables.numbers import estimate, key, shown
from xaitool.cli.tables.page import Page
from xaitool.cli.tables.side_by_side import side_by_side

Row = Mapping[str, Any]

LONGEST_FACT = 60

MOST_NAMED = 2
"""Artifacts in the title of a table that has a column for each."""


class Measurement:
    """What was measured of one or more artifacts.

    Args:
        rows: Of one metric, or of several with at most one row an artifact.
        page: Where they are shown.
    """

    def __init__(self, rows: Sequence[Row], page: Page) -> None:
        self._page = page
        self._sources = list(dict.fromkeys(row["source"] for row in rows))
        self._mappings = number_mappings(rows)
        names = said(rows)
        keys = [name for name in KEYS if name in ("metric", *names) and varies(name, rows)]
        self._rows, self._keys = folded(rows, keys, page.width // 2)
        self._facts = [name for name in names if self._is_fact(name)]
        same = [name for name in names if name != "n" and all(map(_is_value(name), rows))]
        others = {*KEYS, *self._facts, *self._mappings, *same}
        self._figures = [name for name in names if name not in others]
        self._value_name = words(same[0]) if same else "value"

    def lines(self) -> Iterator[str]:
        """What holds of all rows, the table, and one more for each field of numbers by name."""
        yield from self._heading()
        yield from self._of_one() if len(self._sources) == 1 else self._of_several()
        for name in self._mappings:
            yield ""
            yield from by_name_lines(name, self._rows, self._keys, self._page)

    def _is_fact(self, name: str) -> bool:
        if name in self._mappings or varies(name, self._rows):
            return False
        return len(self._rows) > 1 or name in KEYS or isinstance(self._rows[0][name], str)

    def _heading(self) -> Iterator[str]:
        several = "metric" in self._keys
        title = "metrics" if several else self._rows[0]["metric"]
        if several or len(self._sources) == 1:
            title += f" of {_and(self._sources)}"
        facts = (f"{words(name)} {_fact(self._rows[0].get(name))}" for name in self._facts)
        yield from paragraph(f"{title} ({', '.join(facts)})" if self._facts else title, self._page)

    def _of_several(self) -> Iterator[str]:
        value = self._value_name if self._keys else self._rows[0]["metric"]
        yield from side_by_side(self._rows, self._keys, self._figures, value, self._page)

    def _of_one(self) -> Iterator[str]:
        """A row a key, and a column a figure."""
        head = self._value_name if self._keys else self._rows[0]["metric"]
        values = Column(head, [estimate(row, self._page) for row in self._rows], words=True)
        keys = [
            Column(words(name), [key(row.get(name)) for row in self._rows], words=True)
            for name in self._keys
        ]
        figures = [_figures(name, self._rows) for name in self._figures]
        yield from grid(keys, [values, *figures], self._page.width)


def _is_value(name: str) -> Callable[[Row], bool]:
    return lambda row: name in row and row[name] == row["value"]


def _and(sources: Sequence[str]) -> str:
    if len(sources) > MOST_NAMED:
        return f"{len(sources)} artifacts"
    return " and ".join(map(_fact, sources))


def _fact(value: Any) -> str:
    return clipped(shown(value), LONGEST_FACT)


def _figures(name: str, rows: Sequence[Row]) -> Column:
    texts = any(isinstance(row.get(name), str | Mapping) for row in rows)
    return Column(words(name), [shown(row.get(name)) for row in rows], texts)
