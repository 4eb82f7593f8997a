"""Text of any origin as one line."""

from __future__ import annotations

import pytest

from xaitool.cli.tables.one_line import harmless, one_line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain é ε 日本", "plain é ε 日本"),
        ("a\nb\tc\x1b[31m\x00", r"a\nb\tc\x1b[31m\x00"),
        ("\u202egnp.exe\u2066", r"\u202egnp.exe\u2066"),
        ("lat\udce9.png \ud800", r"lat\xe9.png \ud800"),
        ("a" * 200 + "/" + "b" * 5000, None),
        (" ".join(["name"] * 5000), None),
    ],
)
def test_any_text_is_one_line(text: str, shown: str | None) -> None:
    line = one_line(text)
    if shown is not None:
        assert line == shown
    assert "\n" not in line
    assert len(line) <= 3000
    assert line[:41] == text[:41] or shown is not None
    assert line.endswith(text[-100:]) or shown is not None


def test_every_text_of_a_row() -> None:
    row = {"title": "a\x1b[31m", "rank": 1, "aspects": {"War\n": 0.5}, "rated": None}
    safe = {"title": r"a\x1b[31m", "rank": 1, "aspects": {r"War\n": 0.5}, "rated": None}
    assert harmless(row) == safe
