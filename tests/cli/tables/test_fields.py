"""What the fields of a metric's rows are to a table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import tests.golden
from xaitool.cli.tables.fields import KEYS, number_mappings, said, varies


def test_fields_that_say_nothing_are_left_out() -> None:
    rows = [{"metric": "m", "value": 1.0, "n": 3, "a": None, "b": {}, "c": 0, "source": "s"}]
    assert said(rows) == ["n", "c"]
    assert said([{**rows[0], "n": 1}]) == ["c"]


def test_a_picture_is_no_row_as_its_path_was_said() -> None:
    assert said([{"value": 1.0, "n": 3, "picture": "out/a.png", "width": 5}]) == ["n", "width"]


def test_numbers_by_name_are_told_from_text_and_from_keys() -> None:
    row = {"metric": "m", "curve": {"0.1": 2.0}, "signs": {"a": "b"}, "group": {"hue": 1}}
    assert number_mappings([row]) == ["curve"]
    assert "group" in KEYS


def test_the_count_of_what_was_not_measured_is_no_other_count() -> None:
    rows: list[dict[str, Any]] = [{"value": 1.0, "n": 3}, {"value": None, "n": 0}]
    assert not varies("n", rows)
    assert varies("value", rows)


def test_keys_are_fields_that_are_written() -> None:
    golden = json.loads((Path(tests.golden.__file__).parent / "evaluate.json").read_text())
    assert set(KEYS) <= {name for names in golden.values() for name in names}
