"""Plain values: what JSON and TOML may hold, and what a schema says of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NotRequired, TypedDict

import pytest
import torch
from torch import Tensor

from xaitool.errors import ArtifactError, ConfigError
from xaitool.io.plain import Count, Finite, checked, parse_json, parse_toml, read_plain


class Inner(TypedDict):
    epoch: Count
    best: Finite | None


class Outer(TypedDict):
    name: str
    position: NotRequired[Inner]
    shape: NotRequired[tuple[int, int, int]]
    sums: NotRequired[dict[str, Finite]]
    weights: NotRequired[dict[str, Tensor]]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "a is not valid JSON: Expecting property name"),
        ("[" * 100_000, "a holds lists or tables nested more than 64 deep"),
        ("[" * 65 + "]" * 65, "a holds lists or tables nested more than 64 deep"),
        ('{"seed": ' + "9" * 400 + "}", 'a holds an integer of more than 64 bits in "seed"'),
        ("9" * 5000, "a holds an integer of more than 64 bits"),
        ("[NaN]", "a holds a number that is not finite"),
        ('{"a": [1, -Infinity]}', 'a holds a number that is not finite in "a"'),
        ("1e400", "a holds a number that is not finite"),
        (r'"\ud800"', "a holds a lone surrogate"),
        (r'{"\ud800": 1}', "a holds a lone surrogate"),
        (r'"a\u0000b"', "a holds a text with a NUL"),
        (b"\xff\xfe[\0]\0", "a is not valid JSON: it is no UTF-8 text"),
        (b"\xe9", "a is not valid JSON: it is no UTF-8 text"),
    ],
)
def test_json_that_is_no_plain_value(text: str | bytes, said: str) -> None:
    with pytest.raises(ArtifactError) as caught:
        parse_json(text, "a")
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a =", "a is not valid TOML: "),
        ("a = " + "[" * 5000, "a holds lists or tables nested more than 64 deep"),
        ("a = " + "9" * 400, 'a holds an integer of more than 64 bits in "a"'),
        ("a = " + "9" * 5000, "a holds an integer of more than 64 bits"),
        ("a = 0x" + "f" * 5000, 'a holds an integer of more than 64 bits in "a"'),
        ("a = nan", 'a holds a number that is not finite in "a"'),
        (r'a = "\u0000"', 'a holds a text with a NUL in "a"'),
        (b"a = '\xe9'", "a is not valid TOML: it is no UTF-8 text"),
    ],
)
def test_toml_that_is_no_plain_value(text: str | bytes, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_toml(text, "a", error=ConfigError)
    assert str(caught.value).startswith(said)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    for path in (tmp_path / "pipe.toml", Path("/dev/zero")):
        with pytest.raises(ArtifactError, match="is a pipe or a device, but a file is wanted"):
            read_plain(path)


def test_values_come_as_they_are() -> None:
    assert parse_json(b'\xef\xbb\xbf{"a": [1, 2.5, null, true, "\xc3\xa9"]}', "a") == {
        "a": [1, 2.5, None, True, "é"]
    }
    assert parse_toml("\ufeffa = 18446744073709551615", "a") == {"a": 2**64 - 1}
    # By such a surrogate Python writes a byte of a file name that is no UTF-8.
    assert parse_json(r'"lat\udce9"', "a") == "lat\udce9"


def test_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.toml"
    file.write_text("a = 1")
    assert read_plain(file) == {"a": 1}
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        read_plain(tmp_path, error=ConfigError)
    with pytest.raises(ArtifactError, match="cannot be read: embedded null byte"):
        read_plain(tmp_path / "a\0b")
    monkeypatch.setattr("xaitool.io.plain.MOST_BYTES", 4)
    with pytest.raises(ArtifactError, match="MiB, but plain values are small"):
        read_plain(file)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "a has null, but a table is wanted"),
        (torch.zeros(2), "a has a tensor, but a table is wanted"),
        ({"name": "n", "position": torch.zeros(2)}, "a has 'position' a tensor, but a table is"),
        ({}, "a has no 'name', but it is wanted"),
        ({"name": 3}, "a has 'name' 3, but a text is wanted"),
        ({"name": "x" * 99}, None),
        ({"name": "n", "position": {"epoch": 1}}, "a has no 'position.best', but it is wanted"),
        (
            {"name": "n", "position": {"epoch": -1, "best": None}},
            "a has 'position.epoch' -1, but a whole number >= 0 is wanted",
        ),
        (
            {"name": "n", "position": {"epoch": 1.0, "best": None}},
            "a has 'position.epoch' 1.0, but a whole number is wanted",
        ),
        (
            {"name": "n", "position": {"epoch": True, "best": None}},
            "a has 'position.epoch' true, but a whole number is wanted",
        ),
        (
            {"name": "n", "position": {"epoch": 1, "best": float("nan")}},
            "a has 'position.best' nan, but a number that is finite is wanted",
        ),
        (
            {"name": "n", "position": {"epoch": 1, "best": float("inf")}},
            "a has 'position.best' inf, but a number that is finite is wanted",
        ),
        (
            {"name": "n", "position": [1, 2]},
            "a has 'position' a list of 2, but a table is wanted",
        ),
        (
            {"name": "n", "shape": torch.zeros(3)},
            "a has 'shape' a tensor, but a list is wanted",
        ),
        ({"name": "n", "shape": [1, 2]}, "a has 'shape' a list of 2, but a list of length 3 is"),
        ({"name": "n", "shape": [1, 2, "x"]}, "a has 'shape[2]' \"x\", but a whole number is"),
        ({"name": "n", "sums": {"a": "b"}}, "a has 'sums[...]' a table of 1, but a number is"),
        ({"name": "n", "weights": {"a": [1]}}, "a has 'weights[...]' a table of 1, but a tensor"),
        ({"name": "n", "weights": {1: 2}}, "a has 'weights' a table of 1, but a text is wanted"),
    ],
)
def test_a_value_against_its_schema(value: Any, said: str | None) -> None:
    if said is None:
        assert checked(value, Outer, "a") is value
        return
    with pytest.raises(ArtifactError) as caught:
        checked(value, Outer, "a")
    assert str(caught.value).startswith(said)


def test_more_than_the_schema_says_is_let_be() -> None:
    value = {
        "name": "n",
        "more": torch.zeros(2),
        "shape": [1, 2, 3],
        "weights": {"a": torch.ones(1)},
    }
    assert checked(value, Outer, "a") is value
