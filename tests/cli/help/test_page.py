"""Help as text."""

from __future__ import annotations

import re
import sys

import pytest
import typer

from xaitool.cli.help.page import columns
from xaitool.cli.program import build_app


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


def test_headings_are_bold_on_a_terminal_and_nothing_else_differs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def shown(*, terminal: bool) -> str:
        monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
        program = typer.main.get_command(build_app())
        return program.make_context("xaitool", [], resilient_parsing=True).get_help()

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    plain, bold = shown(terminal=False), shown(terminal=True)
    assert "\x1b[1mCommands:\x1b[0m\n" in bold
    assert re.sub(r"\x1b\[\dm", "", bold) == plain
    monkeypatch.setenv("NO_COLOR", "1")
    assert shown(terminal=True) == plain
