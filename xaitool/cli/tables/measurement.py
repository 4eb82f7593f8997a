"""The table of one metric, or of several that have one figure an artifact."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from xaitool.cli.tables.by_name import by_name_lines
from xaitool.cli.tables.fields import KEYS, number_mappings, said, varies, words
from xaitool.cli.tables.grid import Column, grid, paragraph
from xaitool.cli.tables.names import clipped, shortened
from xaitool.cli.tables.numbers import estimate, shown
from xaitool.cli.tables.page import Page

Row = Mapping[str, Any]

LONGEST_SOURCE, LONGEST_FACT = 24, 60


class Measurement:
    """What was measured of one or more artifacts.

    Args:
        rows: Of one metric, or of several with at most one row an artifact.
        page: Where they are shown.
    """

    def __init__(self, rows: Sequence[Row], page: Page) -> None:
        self._rows, self._page = rows, page
        self._sources = list(dict.fromkeys(row["source"] for row in rows))
        self._mappings = number_mappings(rows)
        names = said(rows)
        self._keys = [name for name in KEYS if name in ("metric", *names) and varies(name, rows)]
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
        title = "metrics" if "metric" in self._keys else self._rows[0]["metric"]
        if len(self._sources) == 1:
            title += f" of {_fact(self._sources[0])}"
        facts = (f"{words(name)} {_fact(self._rows[0].get(name))}" for name in self._facts)
        yield from paragraph(f"{title} ({', '.join(facts)})" if self._facts else title, self._page)

    def _of_one(self) -> Iterator[str]:
        """A row a key, and a column a figure."""
        head = self._value_name if self._keys else self._rows[0]["metric"]
        values = Column(head, [estimate(row, self._page) for row in self._rows], words=True)
        keys = [
            Column(words(name), [_key(row.get(name)) for row in self._rows], words=True)
            for name in self._keys
        ]
        figures = [_figures(name, self._rows) for name in self._figures]
        yield from grid(keys, [values, *figures], self._page.width)

    def _of_several(self) -> Iterator[str]:
        """A row a key, below it one for each further figure, and a column an artifact."""
        records = self._records()
        of_key = [name for name in self._figures if not _within_records(name, records)]
        keys = [*self._keys, *of_key]
        differing = [name for name in self._figures if name not in of_key]
        own = [name for name in differing if self._is_own(name)]
        further = [name for name in differing if name not in own]
        heads = [*map(words, keys), *[""] * (bool(further) or not keys)]
        labels, cells = [], []
        for record in records:
            first = next(iter(record.values()))
            values = [_key(first.get(name)) for name in keys]
            what = self._value_name if keys else self._rows[0]["metric"]
            labels.append([*values, what][: len(heads)])
            cells.append([estimate(row, self._page) if row else "" for row in self._of(record)])
            for name in further:
                labels.append([*[""] * len(keys), words(name)])
                cells.append([shown(row.get(name)) if row else "" for row in self._of(record)])
        for name in own:
            labels.append([words(name), *[""] * (len(heads) - 1)])
            cells.append([self._own(name, source) for source in self._sources])
        sources = shortened([shown(source) for source in self._sources], LONGEST_SOURCE)
        yield from grid(_columns(heads, labels), _columns(sources, cells), self._page.width)

    def _records(self) -> list[dict[str, Row]]:
        """Rows of the same key by artifact; a second one of an artifact begins another record."""
        records: dict[str, list[dict[str, Row]]] = {}
        for row in self._rows:
            of_key = records.setdefault(repr([row.get(name) for name in self._keys]), [])
            free = next((one for one in of_key if row["source"] not in one), None)
            if free is None:
                of_key.append(free := {})
            free[row["source"]] = row
        return [record for of_key in records.values() for record in of_key]

    def _of(self, record: dict[str, Row]) -> list[Row | None]:
        return [record.get(source) for source in self._sources]

    def _is_own(self, name: str) -> bool:
        """Whether a figure depends on the artifact alone."""
        return not any(
            varies(name, [row for row in self._rows if row["source"] == source])
            for source in self._sources
        )

    def _own(self, name: str, source: str) -> str:
        rows = [row for row in self._rows if row["source"] == source]
        # Where nothing was measured the count is another.
        return shown(next((row for row in rows if row["value"] is not None), rows[0]).get(name))


def _within_records(name: str, records: Sequence[Mapping[str, Row]]) -> bool:
    return any(varies(name, record.values()) for record in records)


def _is_value(name: str) -> Callable[[Row], bool]:
    return lambda row: name in row and row[name] == row["value"]


def _fact(value: Any) -> str:
    return clipped(shown(value), LONGEST_FACT)


def _key(value: Any) -> str:
    return "" if value is None else shown(value)


def _figures(name: str, rows: Sequence[Row]) -> Column:
    texts = any(isinstance(row.get(name), str | Mapping) for row in rows)
    return Column(words(name), [shown(row.get(name)) for row in rows], texts)


def _columns(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[Column]:
    cells = zip(*rows, strict=True)
    return [Column(head, list(own), words=True) for head, own in zip(heads, cells, strict=True)]
