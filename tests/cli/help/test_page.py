"""Help as text."""

from __future__ import annotations

import pytest

from xaitool.cli.help.page import columns


@pytest.mark.parametrize("width", [40, 80, 100])
def test_no_line_of_two_columns_is_wider_than_the_screen(width: int) -> None:
    rows = [("--name", "word " * 40), ("--a-name-longer-than-the-column", "x" * 300), ("--on", "")]
    lines = list(columns(rows, width))
    assert max(map(len, lines)) <= width
    assert lines[0].startswith("  --name                  word word")
    assert [line for line in lines if line.startswith("  -")][1:] == [
        "  --a-name-longer-than-the-column",
        "  --on",
    ]


def test_what_belongs_together_is_not_torn() -> None:
    (line, *rest) = columns([("--name", "word " * 9 + "counter-factual")], 80)
    assert line.endswith(" word")
    assert rest == [" " * 26 + "counter-factual"]
