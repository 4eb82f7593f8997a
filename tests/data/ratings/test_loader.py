"""What every loader of ratings makes of a table and its items."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from pathlib import Path

from xaitool.data.ratings.load import load_ratings

Write = Callable[..., Path]


def test_columns_that_are_not_read_are_told(write: Write):
    write("aspects.csv", "item,aspects\n2,a\n")
    path = write("r.csv", ",user,item,title,rating\n0,1,2,x,4\n1,2,2,x,5\n")
    note = "columns of the ratings that are not read: title"
    assert load_ratings(f"csv:{path}").notes == (note,)


def test_names_in_any_normal_form_are_one(write: Write) -> None:
    composed, apart = (unicodedata.normalize(form, "café") for form in ("NFC", "NFD"))
    rows = "".join(f"{user},{item},3\n" for user in (apart, "zoë") for item in (composed, "b"))
    ratings = write("ratings.csv", rows)
    write("aspects.csv", f"{apart},Drama\nb,War\n")
    data = load_ratings(f"csv:{ratings}")
    assert composed in data.names.item_ids
    assert composed in data.names.user_ids
    assert data.aspects.sum(1).tolist() == [1, 1]
    for index_of in (data.names.user_index, data.names.item_index):
        assert index_of(apart) == index_of(composed)
