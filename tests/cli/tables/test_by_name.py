"""Numbers by name."""

from __future__ import annotations

from typing import Any

from xaitool.cli.tables.by_name import by_name_lines
from xaitool.cli.tables.page import Page


def lines(rows: list[dict[str, Any]], *keys: str) -> list[str]:
    rows = [{"metric": "m", "source": "a", **row} for row in rows]
    return list(by_name_lines("per_class", rows, keys, Page()))


def test_more_names_than_rows_go_down() -> None:
    row = {"per_class": {"cat": 0.5, "dog": None, "eel": 0.25}}
    assert lines([row]) == ["m, per class", "     value", "cat    0.5", "dog      -", "eel   0.25"]
    both = lines([row, {**row, "source": "b"}])
    assert both[1:3] == ["        a     b", "cat   0.5   0.5"]


def test_more_rows_than_names_go_down() -> None:
    rows = [{"size": size, "per_class": {"2": size}} for size in (1, 2, 3)]
    assert lines([*rows, {"size": 4, "per_class": {}}], "size") == [
        "m, per class",
        "size  2",
        "1     1",
        "2     2",
        "3     3",
    ]


def test_ranks_are_named_and_in_their_order() -> None:
    counts: list[dict[str, int]] = [{"2": 5, "4": 1}, {"10": 2, "3": 4}]
    few = [{"size": size, "ranks": one} for size, one in enumerate(counts)]
    many = [{"size": size, "ranks": {"4": 1, "2": 3}} for size in range(3)]
    rows = [{"metric": "m", "source": "a", **row} for row in few]
    down = [line[:7].rstrip() for line in by_name_lines("ranks", rows, ["size"], Page())][2:]
    assert down == ["rank 2", "rank 3", "rank 4", "rank 10"]
    rows = [{"metric": "m", "source": "a", **row} for row in many]
    assert list(by_name_lines("ranks", rows, ["size"], Page()))[1] == "size  rank 2  rank 4"


def test_of_many_names_the_lowest_are_shown() -> None:
    title, _, *rows = lines([{"per_class": {str(one): one / 100 for one in range(100, 0, -1)}}])
    assert "the lowest 20 of 100" in title
    assert [row.split()[0] for row in rows] == [str(one) for one in range(1, 21)]
