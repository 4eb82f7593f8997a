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


@pytest.mark.parametrize("width", [80, 120])
def test_what_fits_of_titles_and_reasons(width: int) -> None:
    aspects = {f"Science Fiction {number}": 0.3 - number / 10 for number in range(9)}
    rows = [row("u" * 90, 1, title="A title " * 20, item="i" * 50, aspects=aspects)]
    *_, heads, cells = recommendation_lines(rows, Page(width))
    assert max(len(heads), len(cells)) <= width
    assert "Science Fiction 0 +0.30" in cells
    assert cells.endswith(", ...")


def test_each_user_as_soon_as_the_rows_are_there() -> None:
    def rows() -> Any:
        yield row("u1", 1)
        yield row("u2", 1)
        raise AssertionError

    lines = recommendation_lines(rows(), Page())
    assert "user u1" in list(islice(lines, 3))
