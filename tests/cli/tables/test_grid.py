"""Columns of text within a width."""

from __future__ import annotations

from itertools import pairwise

import pytest

from xaitool.cli.tables.grid import Column, grid, paragraph
from xaitool.cli.tables.page import Page


def test_words_begin_at_their_left_and_numbers_end_at_their_right() -> None:
    columns = [Column("name", ["a", "long name"], words=True)], [Column("n", ["7", "123"])]
    assert list(grid(*columns, 80)) == ["name         n", "a            7", "long name  123"]


@pytest.mark.parametrize("width", [40, 80, 120])
def test_what_does_not_fit_beside_goes_below(width: int) -> None:
    keys = [Column("key", ["first", "second"], words=True)]
    values = [Column(f"value {number}", [f"{number}.5", "-"]) for number in range(30)]
    lines = list(grid(keys, values, width))
    assert max(map(len, lines)) <= width
    blocks = "\n".join(lines).split("\n\n")
    assert [len(block.splitlines()) for block in blocks] == [3] * len(blocks)
    assert all("second" in block for block in blocks)
    found = [text for line in lines for text in line.split() if text.endswith(".5")]
    assert found == [f"{number}.5" for number in range(30)]
    assert len(blocks) <= {40: 15, 80: 5, 120: 3}[width]


def test_keys_are_cut_before_values_go_below() -> None:
    keys = [Column("key", [f"{'x' * 60}{number}" for number in range(3)], words=True)]
    lines = list(grid(keys, [Column("value", ["0.5"] * 3), Column("n", ["7"] * 3)], 40))
    assert len(lines) == 4
    assert max(map(len, lines)) <= 40
    assert all(first != second for first, second in pairwise(lines))


def test_a_paragraph_is_indented_from_its_second_line_on() -> None:
    lines = paragraph("word " * 40 + "x" * 200, Page(80))
    assert max(map(len, lines)) <= 80
    assert [line[:2] == "  " for line in lines] == [False, *[True] * (len(lines) - 1)]
