"""How results, tables and messages are printed."""

from __future__ import annotations

import io
import json

import pytest

from xaitool.cli.output import Output
from xaitool.cli.tables.page import Page


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
