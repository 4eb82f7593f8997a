"""Recommended items, a table a user."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from rich.cells import cell_len

from xaitool.cli.tables.grid import GAP, Column, grid, paragraph
from xaitool.cli.tables.names import clipped
from xaitool.cli.tables.numbers import shown
from xaitool.cli.tables.page import Page

Row = Mapping[str, Any]

LONGEST_ID = 12

LEAST_TITLE, LEAST_REASONS = 16, 30


def recommendation_lines(rows: Iterable[Row], page: Page) -> Iterator[str]:
    """Tables of what `recommend_top` gives, each as soon as its user's rows are there.

    Args:
        rows: Those of a user stand together.
        page: Where they are shown.
    """
    for number, (user, of_user) in enumerate(groupby(rows, key=lambda row: row["user"])):
        yield from [""] * (number > 0)
        yield from paragraph(f"user {shown(user)}", page)
        yield from _table(list(of_user), page)


def _table(rows: Sequence[Row], page: Page) -> Iterator[str]:
    """Of the rating before clipping and the title only what says more than their neighbours."""
    ratings = [shown(row["rating"]) for row in rows]
    raw = [shown(row["raw"]) for row in rows]
    items = [clipped(shown(row["item"]), LONGEST_ID) for row in rows]
    columns = [
        Column("rank", [shown(row["rank"]) for row in rows]),
        Column("rating", ratings),
        *[Column("raw", raw)] * (raw != ratings),
        Column("item", items, words=True),
    ]
    room = page.width - sum(column.width + GAP for column in columns)
    titles = [shown(row["title"]) for row in rows]
    reasons = [row.get("aspects") or {} for row in rows]
    if any(row["title"] != row["item"] for row in rows):
        longest = max(map(cell_len, (*titles, "title")))
        for_reasons = max(LEAST_REASONS, room // 2) + GAP if any(reasons) else 0
        width = min(longest, max(LEAST_TITLE, room - for_reasons))
        columns.append(Column("title", [clipped(title, width) for title in titles], words=True))
        room -= width + GAP
    if any(reasons):
        columns.append(Column("because of", [_reasons(one, room) for one in reasons], words=True))
    yield from grid([], columns, page.width)


def _reasons(aspects: Mapping[str, float], width: int) -> str:
    """As many as fit of the aspects, the first ones first; dots say that there are more."""
    parts = [f"{shown(name)} {value:+.2f}" for name, value in aspects.items()]
    for count in range(len(parts), 0, -1):
        text = ", ".join(parts[:count] + ["..."] * (count < len(parts)))
        if cell_len(text) <= width:
            return text
    return clipped(parts[0], width) if parts else ""
