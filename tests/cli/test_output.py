"""How results, tables and messages are printed."""

from __future__ import annotations

import json
import sys

import pytest

from xaitool.cli.output import Output


def test_numbers_that_json_lacks_become_null(capsys: pytest.CaptureFixture[str]) -> None:
    Output().record({"a": float("nan"), "b": [float("inf"), 1.5], "c": {"d": -float("inf")}})
    assert json.loads(capsys.readouterr().out) == {"a": None, "b": [None, 1.5], "c": {"d": None}}


def test_a_table_is_tab_separated_when_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"name": "a", "value": 1 / 3}, {"name": "b", "more": 2}]
    Output().table(rows)
    assert capsys.readouterr().out == "name\tvalue\tmore\na\t0.333333\t\nb\t\t2\n"
    Output().table([{"per_class": {"a\nb": 1.0}}])
    assert capsys.readouterr().out == "per_class\na b:1\n"
    Output(as_json=True).table(rows)
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == rows


def test_a_table_is_aligned_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    Output().table([{"name": "long", "value": 1.0}, {"name": "b", "value": None}])
    assert capsys.readouterr().out == "name  value\nlong  1\nb\n"


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
def test_a_message_is_one_line(
    text: str, shown: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    Output().warning(text)
    line = capsys.readouterr().err
    if shown is not None:
        assert line == f"warning: {shown}\n"
    assert line.count("\n") == 1
    assert len(line) <= 3001
    assert line[9:50] == text[:41] or shown is not None
    assert line[:-1].endswith(text[-100:]) or shown is not None
