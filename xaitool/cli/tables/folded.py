"""Keys that few rows have, together in one column where there is no room for one each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.cells import cell_len

from xaitool.cli.tables.fields import words
from xaitool.cli.tables.grid import GAP
from xaitool.cli.tables.numbers import key

Row = Mapping[str, Any]

FOLDED = "of"


def folded(rows: Sequence[Row], keys: Sequence[str], room: int) -> tuple[Sequence[Row], list[str]]:
    """Rows and their keys, as they are where these fit.

    Else the keys that more than a third of the rows lack become one, ``of``, with what a row has
    of them; what is true or false is there by its name, where it is true.

    Args:
        rows: Of one table.
        keys: Fields that say what a row is of.
        room: Columns of the terminal.
    """
    width = sum(max(cell_len(one) for one in _column(name, rows)) + GAP for name in keys)
    sparse = [name for name in keys if 3 * sum(not _text(name, row) for row in rows) > len(rows)]
    if width <= room or len(sparse) < 2:
        return rows, list(keys)
    few = [
        {**row, FOLDED: ", ".join(filter(None, (_text(name, row) for name in sparse)))}
        for row in rows
    ]
    return few, [*(name for name in keys if name not in sparse), FOLDED]


def _column(name: str, rows: Sequence[Row]) -> list[str]:
    return [words(name), *(key(row.get(name)) for row in rows)]


def _text(name: str, row: Row) -> str:
    value = row.get(name)
    if isinstance(value, bool):
        return words(name) if value else ""
    return key(value)
