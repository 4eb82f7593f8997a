"""Recommended items, a table a user."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from rich.cells import cell_len

from xaitool.cli.tables.grid import GAP, Column, grid, paragraph
from xaitool.cli.tables.names import DOTS, clipped
from xaitool.cli.tables.numbers import shown
from xaitool.cli.tables.page import Page

Row = Mapping[str, Any]

LONGEST_ID = 12

LEAST_TITLE, LEAST_REASONS = 16, 30

MOST_LINES = 5
"""Of a title, or of the reasons for an item."""


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
    reasons = [_reasons(row["aspects"]) for row in rows if "aspects" in row]
    if any(row["title"] != row["item"] for row in rows):
        titles = [shown(row["title"]) for row in rows]
        widest = max(cell_len(" ".join(one)) for one in (["because of"], *reasons))
        for_reasons = min(widest, max(LEAST_REASONS, room // 2)) + GAP if reasons else 0
        width = min(max(map(cell_len, (*titles, "title"))), max(LEAST_TITLE, room - for_reasons))
        filled = [_filled(title.split(" "), width) for title in titles]
        columns.append(Column("title", filled, words=True))
        room -= width + GAP
    if reasons:
        filled = [_filled(one, room) for one in reasons]
        columns.append(Column("because of", filled, words=True))
    yield from grid([], list(_opened(columns)), page.width)


def _reasons(aspects: Mapping[str, float]) -> list[str]:
    """The aspects that speak for an item, as ``Drama +0.12,``; a dash where none does."""
    told = [f"{shown(name)} {value:+.2f}" for name, value in aspects.items() if value >= 0.005]
    return [*(f"{one}," for one in told[:-1]), *told[-1:]] or ["-"]


def _filled(parts: Sequence[str], width: int) -> str:
    """Parts in lines, of which only one that is wider is cut; dots stand for what is too much."""
    lines = [""]
    for part in parts:
        longer = f"{lines[-1]} {part}".strip()
        if cell_len(longer) > width and lines[-1]:
            lines.append(longer := part)
        lines[-1] = clipped(longer, width)
    return "\n".join(lines if len(lines) <= MOST_LINES else [*lines[: MOST_LINES - 1], DOTS])


def _opened(columns: Sequence[Column]) -> Iterator[Column]:
    """Columns with a cell for each line, all as high as the highest of their row."""
    rows = list(zip(*(column.cells for column in columns), strict=True))
    breaks = [max(cell.count("\n") for cell in row) for row in rows]
    for column in columns:
        lines: list[str] = []
        for cell, most in zip(column.cells, breaks, strict=True):
            lines += (cell + "\n" * (most - cell.count("\n"))).split("\n")
        yield dataclasses.replace(column, cells=lines)
