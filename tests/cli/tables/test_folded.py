"""Keys that few rows have."""

from __future__ import annotations

from typing import Any

from xaitool.cli.tables.folded import folded
from xaitool.cli.tables.page import Page
from xaitool.cli.tables.results import result_lines

KEYS = ["quantity", "path", "label", "group", "conflicting"]
ROWS: list[dict[str, Any]] = [
    {"quantity": "demographic-parity-gap"},
    {"quantity": "accuracy", "label": "5-9", "group": {"colour": "red"}, "conflicting": True},
    {"quantity": "accuracy", "label": "5-9", "group": {"colour": "green"}, "conflicting": False},
    {"quantity": "consistency", "path": "recolour"},
    {"quantity": "consistency", "path": "recolour", "label": "5-9"},
]


def test_they_share_a_column_where_there_is_no_room() -> None:
    rows, keys = folded(ROWS, KEYS, 40)
    assert keys == ["quantity", "of"]
    assert [row["of"] for row in rows] == [
        "",
        "5-9, colour red, conflicting",
        "5-9, colour green",
        "recolour",
        "recolour, 5-9",
    ]


def test_what_fits_or_what_most_rows_have_stays() -> None:
    assert folded(ROWS, KEYS, 80) == (ROWS, KEYS)
    pairs = [{"method": "a" * 40, "baseline": name} for name in ("zero", "blur", None)]
    assert folded(pairs, ["method", "baseline"], 40) == (pairs, ["method", "baseline"])


def test_no_name_is_cut_for_columns_that_are_nearly_empty() -> None:
    rows = [
        {"metric": "fairness", "value": 0.5, "low": 0.4, "high": 0.6, "n": 100, "source": "a"} | row
        for row in ROWS
    ]
    text = "\n".join(result_lines(rows, Page()))
    assert "demographic-parity-gap" in text
