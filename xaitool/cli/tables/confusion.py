"""A confusion matrix, or where classes are many the pairs that are confused most."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.cells import cell_len, set_cell_size

from xaitool.cli.tables.grid import Column, grid, padded, paragraph
from xaitool.cli.tables.names import clipped, own_parts, shortened
from xaitool.cli.tables.numbers import shown
from xaitool.cli.tables.page import Page

Row = Mapping[str, Any]

SIDES = " (rows: true class, columns: predicted)"

LONGEST_LABEL = (20, 12)
"""Columns for the names of the true classes, and fewer where the matrix wants them."""

SHORTEST_HEAD = 3
"""Letters of a class by which it is still known."""

MOST_CLASSES = 30
"""Of a matrix; nobody looks through more."""

MOST_PAIRS = 15


def confusion_lines(rows: Sequence[Row], page: Page) -> Iterator[str]:
    """Tables of the metric ``confusion``, one for each artifact.

    Args:
        rows: A true class each: ``label``, how many images ``n``, how often what was ``predicted``,
            and the share that is right, ``value``.
        page: Where they are shown.
    """
    for number, source in enumerate(dict.fromkeys(row["source"] for row in rows)):
        yield from [""] * (number > 0)
        own = [row for row in rows if row["source"] == source]
        name = clipped(shown(source), page.width - len("confusion of ") - len(SIDES))
        if matrix := _matrix(own, page):
            yield f"confusion of {name}{SIDES}"
            yield from matrix
        else:
            yield from _pairs(own, f"confusion of {name}", page)


def has_matrix(rows: Sequence[Row], page: Page) -> bool:
    """Whether the classes of an artifact are few enough for a matrix."""
    return bool(_matrix(rows, page))


def _matrix(rows: Sequence[Row], page: Page) -> list[str]:
    """Its lines; none where it does not fit.

    Where beginnings of the classes' names tell nothing, columns are numbers, and rows explain them.
    """
    if not 0 < len(rows) <= MOST_CLASSES:
        return []
    classes = [shown(row["label"]) for row in rows]
    numbers = [str(number) for number in range(1, len(rows) + 1)]
    counts = [
        [shown(row["predicted"].get(other["label"], page.nothing)) for other in rows]
        for row in rows
    ]
    right = Column("right", [shown(row["value"]) for row in rows]).lines()
    images = Column("n", [shown(row["n"]) for row in rows]).lines()
    for longest in LONGEST_LABEL:
        names = shortened(classes, longest)
        numbered = [
            f"{number.rjust(len(numbers[-1]))} {name}"
            for number, name in zip(numbers, names, strict=True)
        ]
        for labels in (names, numbered):
            label = Column("", labels, words=True)
            beside = len(f"{' ' * label.width}  {right[0]}  {images[0]}") + 1
            room = (page.width - beside) // len(rows) - 1
            heads = _heads(classes, room) if labels is names else numbers
            if max(cell_len(one) for row in [heads, *counts] for one in row) > room:
                continue
            return [
                f"{name}  {cells}  {share}  {count}"
                for name, cells, share, count in zip(
                    label.lines(), _cells([heads, *counts]), right, images, strict=True
                )
            ]
    return []


def _cells(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    width = max(cell_len(one) for row in rows for one in row)
    for row in rows:
        yield " ".join(padded(one, width, False) for one in row)


def _heads(classes: Sequence[str], room: int) -> Sequence[str]:
    """Beginnings of the classes' names, as long as fit; the names where these say nothing."""
    if room < SHORTEST_HEAD:
        return classes
    heads = [set_cell_size(one, room).rstrip() for one in own_parts(classes)]
    return heads if len(set(heads)) == len(heads) else classes


def _pairs(rows: Sequence[Row], title: str, page: Page) -> Iterator[str]:
    pairs = [
        (row, label, count)
        for row in rows
        for label, count in row["predicted"].items()
        if label != row["label"]
    ]
    most = sorted(pairs, key=lambda pair: -pair[2])[:MOST_PAIRS]
    shares = [count / row["n"] for row, _, count in most]
    few = f"the {len(most)} of {len(pairs):,} pairs that are confused most"
    yield from paragraph(f"{title}, {len(rows)} classes: {few}", page)
    if most:
        keys = [
            Column("true", [shown(row["label"]) for row, _, _ in most], words=True),
            Column("predicted", [shown(label) for _, label, _ in most], words=True),
        ]
        values = [
            Column("images", [shown(count) for _, _, count in most]),
            Column("of the class", [shown(share) for share in shares]),
        ]
        yield from grid(keys, values, page.width)
