"""Recommended items, a table a user."""

from __future__ import annotations

from itertools import islice
from typing import Any

import pytest

from xaitool.cli.tables.page import Page
from xaitool.cli.tables.recommendations import recommendation_lines


def row(user: str, rank: int, **more: Any) -> dict[str, Any]:
    rating = 5 - rank / 10
    own = {"user": user, "rank": rank, "item": str(rank), "title": str(rank)}
    return {**own, "rating": rating, "raw": rating, **more}


def test_a_table_a_user() -> None:
    rows = [row("u1", 1), row("u1", 2), row("u2", 1)]
    assert list(recommendation_lines(rows, Page())) == [
        "user u1",
        "rank  rating  item",
        "   1     4.9  1",
        "   2     4.8  2",
        "",
        "user u2",
        "rank  rating  item",
        "   1     4.9  1",
    ]


def test_titles_and_clipped_ratings_where_they_say_more() -> None:
    _, heads, cells = recommendation_lines([row("u", 1, title="Heat", raw=5.25)], Page())
    assert heads.split() == ["rank", "rating", "raw", "item", "title"]
    assert cells.split() == ["1", "4.9", "5.25", "1", "Heat"]


def test_titles_and_reasons_go_on_below() -> None:
    title = "Raiders of the Lost Ark, and much of what came after it (1981)"
    aspects = {"Action": 0.3, "Drama": -0.2, "Science Fiction": 0.1, "Romance": 0.05, "War": 0.004}
    reasons = {"Adventure": 0.04, "Comedy": 0.03}
    rows = [
        row("u", 1, title=title, item="1", aspects=aspects | reasons),
        row("u", 2, title="Heat", item="2", aspects={"Drama": -0.01}),
    ]
    assert list(recommendation_lines(rows, Page(80))) == [
        "user u",
        "rank  rating  item  title                         because of",
        "   1     4.9  1     Raiders of the Lost Ark, and  Action +0.30,",
        "                    much of what came after it    Science Fiction +0.10,",
        "                    (1981)                        Romance +0.05,",
        "                                                  Adventure +0.04, Comedy +0.03",
        "   2     4.8  2     Heat                          -",
    ]


def test_the_head_of_the_reasons_has_room_where_there_are_none() -> None:
    lines = list(recommendation_lines([row("u", 1, title="A title " * 20, aspects={})], Page(80)))
    assert lines[1].endswith("because of")
    assert lines[2].endswith(" -")


@pytest.mark.parametrize("width", [80, 120])
def test_what_is_too_much_of_titles_and_reasons(width: int) -> None:
    aspects = {f"Science Fiction {number} " + "x" * number: 0.3 for number in range(0, 90, 3)}
    rows = [row("u" * 90, 1, title="A title " * 20 + "i" * 90, item="i" * 50, aspects=aspects)]
    lines = list(recommendation_lines(rows, Page(width)))
    assert max(map(len, lines)) <= width
    cells = lines[-5:]
    assert "Science Fiction 0  +0.30," in cells[0]
    assert cells[-1].endswith("...")


def test_each_user_as_soon_as_the_rows_are_there() -> None:
    def rows() -> Any:
        yield row("u1", 1)
        yield row("u2", 1)
        raise AssertionError

    lines = recommendation_lines(rows(), Page())
    assert "user u1" in list(islice(lines, 3))
