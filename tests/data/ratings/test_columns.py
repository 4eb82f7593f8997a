"""Which column of a file of ratings is what."""

from __future__ import annotations

from pathlib import Path

import pytest

from xaitool.data.ratings.columns import Columns, is_row_number, named_columns, only_place, role_of
from xaitool.errors import DataError


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("User-ID", "user"),
        ("reviewerID", "user"),
        ("movie_id:token", "item"),
        ("parent_asin", "item"),
        ("Overall", "rating"),
        ("unixReviewTime", "time"),
        ("title", None),
        ("7", None),
    ],
)
def test_a_name_says_its_role_in_any_spelling(name: str, role: str | None) -> None:
    assert role_of(name) == role


def test_row_numbers_are_no_columns_that_were_left_out() -> None:
    names = [name for name in ("", "index", "Unnamed: 0", "id") if is_row_number(name)]
    assert names == ["", "index", "Unnamed: 0"]
    found = named_columns(["Unnamed: 0", "score", "title", "uid", "asin"], Path("r.csv"), 1)
    assert found == Columns(
        ("Unnamed: 0", "score", "title", "uid", "asin"), 5, user=3, item=4, rating=1, time=None
    )
    assert found.unread == ("title",)


def test_a_line_of_data_is_no_header() -> None:
    assert named_columns(["1", "2", "3"], Path("r.csv"), 1) is None
    # An item may be called as a column is; its rating tells.
    assert named_columns(["1", "Time", "4.5"], Path("r.csv"), 1) is None


def test_without_a_header_the_time_may_be_absent() -> None:
    assert Columns().text == "user, item, rating[, timestamp]"


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ([], "which name the user in no column, but one column is wanted"),
        ([0, 2], "which name the user twice, but one column is wanted"),
    ],
)
def test_a_column_has_one_place(found: list[int], message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        only_place("user", "uid", ["a", "b", "c"], found, "line 1 of 'r.csv'")
    assert caught.value.hint == "the user's column may be called uid"
    assert only_place("user", "uid", ["a", "b", "c"], [2], "line 1 of 'r.csv'") == 2
