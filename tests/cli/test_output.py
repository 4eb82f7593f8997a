"""How results, tables and messages are printed."""

from __future__ import annotations

import io
import json
import sys

import pytest

from xaitool.cli.output import Output
from xaitool.cli.tables.page import Page
from xaitool.errors import InputError


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


def test_the_page_is_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "132")
    utf8, latin = (io.TextIOWrapper(io.BytesIO(), encoding) for encoding in ("utf-8", "ascii"))
    assert Output(data=utf8).page == Page(132)
    assert Output(data=latin).page == Page(132, ascii=True)


def test_a_message_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    Output().warning("a\nb\x1b[31m")
    assert capsys.readouterr().err == "warning: a\\nb\\x1b[31m\n"


def test_a_long_line_is_broken_at_words_on_a_terminal_alone(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def said() -> str:
        Output().warning(text)
        Output().error(InputError(text, hint=text))
        return capsys.readouterr().err

    monkeypatch.setenv("COLUMNS", "80")
    path = "p" * 100
    text = " ".join(["one-word", path, *["another-word"] * 40])
    whole = f"warning: {text}\nerror: {text}\nhint: {text}\n"
    assert said() == whole
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    broken = said()
    assert broken.split() == whole.split()
    lines = broken.splitlines()
    assert all(len(line) <= 80 and line == line.strip() for line in lines if line != path)
    assert len(lines) == 3 * (1 + 1 + 7)


def test_a_note_is_a_message(capsys: pytest.CaptureFixture[str]) -> None:
    Output().note("taken")
    Output(quiet=True).note("taken")
    assert capsys.readouterr().err == "note: taken\n"


def test_a_word_while_torch_is_imported(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def said(**options: bool) -> str:
        with pytest.raises(KeyError), Output(**options).loading():  # type: ignore[arg-type]
            raise KeyError
        return capsys.readouterr().err

    monkeypatch.delitem(sys.modules, "torch", raising=False)
    assert said() == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    word = "loading torch ..."
    assert said() == f"{word}\r{' ' * len(word)}\r"
    assert said(quiet=True) == ""
    monkeypatch.setitem(sys.modules, "torch", sys)
    assert said() == ""
