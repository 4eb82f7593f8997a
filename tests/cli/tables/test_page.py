"""What a terminal can show."""

from __future__ import annotations

from xaitool.cli.tables.page import Page


def test_signs_that_a_terminal_lacks_are_replaced() -> None:
    for page in (Page(), Page(ascii=True)):
        text = page.plus_minus + page.nothing
        assert text.isascii() == page.ascii
