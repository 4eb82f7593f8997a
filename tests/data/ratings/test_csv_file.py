"""A user's own ratings, and the aspects that lie beside them."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.data.ratings.test_movielens import (
    CSV_MOVIES,
    CSV_RATINGS,
    DAT_MOVIES,
    DAT_RATINGS,
    FILES_100K,
)
from xaitool.data.ratings.load import load_ratings
from xaitool.errors import DataError

Write = Callable[..., Path]


def test_csv_with_aspects_beside_it(write: Write):
    ratings = write("mine/r.tsv", "a\tx\t1\nb\tx\t9\nb\ty\t4\n")
    with pytest.raises(DataError, match="has no aspects file beside it") as caught:
        load_ratings(f"csv:{ratings}")
    assert "aspects.tsv, items.tsv, movies.tsv" in str(caught.value)
    assert "--aspects FILE" in str(caught.value.hint)
    with pytest.raises(DataError, match="is a folder, but a file of ratings is wanted"):
        load_ratings(f"csv:{ratings.parent}")
    write("mine/items.tsv", "x\tsoft|old\nz\tnew\n")
    data = load_ratings(f"csv:{ratings}")
    assert (data.name, data.scale, data.times) == (f"csv:{ratings}", (1.0, 9.0), None)
    assert (data.item_ids, data.aspect_names) == (("x", "y"), ("old", "soft"))
    assert data.notes == ("items without an aspect, which cannot be explained: 1 of 2",)
    other = write("other.csv", "y,new\n")
    assert load_ratings(f"csv:{ratings}", aspects=other).aspect_names == ("new",)


def test_csv_scale_and_duplicates(write: Write):
    ratings = write("r.csv", "a,x,1\nb,x,9\na,x,2\n")
    write("aspects.csv", "x,soft\n")
    name = f"csv:{ratings}"
    with pytest.raises(DataError, match=r"line 2 of .* has rating 9, but 0 to 5 is wanted"):
        load_ratings(name, scale=(0.0, 5.0))
    with pytest.raises(DataError, match=r"line 3 of .* again after line 1"):
        load_ratings(name)
    data = load_ratings(name, duplicates="last", scale=(0.0, 10.0))
    assert (data.ratings.values.tolist(), data.scale) == ([9.0, 2.0], (0.0, 10.0))
    assert data.notes == ("ratings left out because a later line repeats them: 1",)


def test_csv_absent(tmp_path: Path, write: Write):
    with pytest.raises(DataError, match=r"ratings file '.*' is absent, but user,item,rating lines"):
        load_ratings(f"csv:{tmp_path / 'r.csv'}")
    ratings = write("r.csv", "a,x,1\n")
    with pytest.raises(DataError, match=r"file '.*absent.csv' cannot be read"):
        load_ratings(f"csv:{ratings}", aspects=tmp_path / "absent.csv")


def test_what_lies_beside_the_ratings_of_others(write: Write, tmp_path: Path):
    write("ml/u.item", FILES_100K["u.item"], "latin-1")
    write("ml/u.genre", FILES_100K["u.genre"])
    data = load_ratings(f"csv:{write('ml/u.data', FILES_100K['u.data'])}")
    assert (data.titles, data.aspect_names) == (("Amélie (2001)", "unknown"), ("Action", "Drama"))
    write("dat/movies.dat", DAT_MOVIES, "latin-1")
    data = load_ratings(f"csv:{write('dat/ratings.dat', DAT_RATINGS)}")
    assert (data.titles, data.aspect_names) == (("Amélie (2001)", "unknown"), ("Action", "Drama"))
    write("bole/a.item", "item_id:token\tclass:token_seq\n10\tAction Drama\n")
    ratings = "user_id:token\titem_id:token\trating:float\n2\t10\t3.0\n"
    data = load_ratings(f"csv:{write('bole/a.inter', ratings)}")
    assert (data.item_ids, data.aspect_names) == (("10",), ("Action", "Drama"))
    for name, text in (("ratings.csv.gz", CSV_RATINGS), ("movies.csv.gz", CSV_MOVIES)):
        (tmp_path / name).write_bytes(gzip.compress(text.encode()))
    data = load_ratings(f"csv:{tmp_path / 'ratings.csv.gz'}")
    assert (data.titles, data.aspect_names) == (("Amélie (2001)", "unknown"), ("Action", "Drama"))
