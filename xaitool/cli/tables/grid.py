"""Columns of text within a width: what does not fit beside goes below."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from xaitool.cli.tables.names import NARROWEST, clipped, own_parts, shortened
from xaitool.cli.tables.page import Page

GAP = 2

READABLE = 12
"""No key is cut to less to get all columns beside one another."""


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes:
        name: Its head.
        cells: One a row.
        words: Whether it is text, which begin at its left, instead of numbers.
    """

    name: str
    cells: list[str]
    words: bool = False

    @property
    def width(self) -> int:
        """Of its widest cell, or its head."""
        return max(map(cell_len, (self.name, *self.cells)))

    def within(self, width: int) -> Column:
        """The same, with what is too wide cut."""
        if self.width <= width:
            return self
        return Column(shortened([self.name], width)[0], shortened(self.cells, width), self.words)

    def own_parts(self) -> Column:
        """The same, without what all cells begin and end with."""
        filled = [one for one in self.cells if one]
        own = iter(own_parts(filled))
        return Column(self.name, [one and next(own) for one in self.cells], self.words)

    def lines(self) -> list[str]:
        """Head and cells, padded."""
        return [padded(text, self.width, self.words) for text in (self.name, *self.cells)]


def grid(keys: Sequence[Column], values: Sequence[Column], width: int) -> Iterator[str]:
    """Lines of a table, none longer than `width`.

    Args:
        keys: Say what a row is of; they are repeated where values go below.
        values: The rest.
        width: Columns of the terminal.
    """
    fitted = _fitted(keys, width - _width(values) + GAP, READABLE)
    widest = max((column.width for column in values), default=0)
    if _width(fitted) + _width(values) - GAP > width:
        fitted = _fitted(keys, max(width // 2, width - widest), NARROWEST)
    if _width(fitted) + min(widest, width // 3) > width:
        fitted = _fitted(keys, width - width // 3, 1)
    room = width - _width(fitted)
    values = [column.within(room) for column in values]
    for number, block in enumerate(_blocks(values, room)):
        if number:
            yield ""
        columns = [column.lines() for column in (*fitted, *block)]
        for cells in zip(*columns, strict=True):
            yield (" " * GAP).join(cells).rstrip()


def paragraph(text: str, page: Page) -> list[str]:
    """A text broken at spaces into lines, from the second one on indented."""
    lines = textwrap.wrap(text, page.width, subsequent_indent="  ", break_on_hyphens=False)
    return [clipped(line, page.width) for line in lines]


def padded(text: str, width: int, left: bool) -> str:
    """Text with spaces up to a width."""
    space = " " * (width - cell_len(text))
    return text + space if left else space + text


def _fitted(columns: Sequence[Column], width: int, least: int) -> list[Column]:
    """Cut what is widest until all are within the width, or none is wider than `least`."""
    fitted = list(columns)
    for index in sorted(range(len(fitted)), key=lambda one: -fitted[one].width):
        if _width(fitted) > width:
            fitted[index] = fitted[index].own_parts()
    widths = [column.width for column in fitted]
    while sum(widths) + GAP * len(widths) > width and max(widths, default=0) > least:
        widths[widths.index(max(widths))] -= 1
    return [column.within(one) for column, one in zip(fitted, widths, strict=True)]


def _width(columns: Sequence[Column]) -> int:
    """With the gap behind each."""
    return sum(column.width + GAP for column in columns)


def _blocks(columns: Sequence[Column], width: int) -> Iterator[list[Column]]:
    block: list[Column] = []
    for column in columns:
        if block and sum(one.width + GAP for one in block) + column.width > width:
            yield block
            block = []
        block.append(column)
    yield block
