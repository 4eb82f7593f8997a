"""Yahoo! Movies' files, written by the test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from xaitool.data.ratings.load import load_ratings
from xaitool.errors import DataError

Write = Callable[..., Path]


YAHOO = {
    "ydata-ymovies-user-movie-ratings-train-v1_0.txt": "1\t1800\t13\t5\n1\t1801\t1\t1\n",
    "ydata-ymovies-user-movie-ratings-test-v1_0.txt": "2\t1800\t9\t4\n1\t1801\t6\t3\n",
}


YAHOO_MOVIES = (
    "1800\tAmélie\t" + "\\N\t" * 8 + "Art/Foreign|Comedy\tJean-Pierre Jeunet\n"
    "1801\t\\N\t" + "\\N\t" * 8 + "\\N\t\\N\n"
    "1802\tOther\t" + "\\N\t" * 8 + "Western\t\\N\n"
    "short line\n"
)  # fmt: skip


@pytest.mark.parametrize("movies", ["ydata-ymovies-movie-content-descr-v1_0.txt", "movie_db_yoda"])
def test_yahoo_movies(movies: str, tmp_path: Path, write: Write):
    with pytest.raises(DataError, match=f"folder '{tmp_path}' has no ydata-ymovies-user-movie"):
        load_ratings(f"yahoo-movies:{tmp_path}")
    for name, text in YAHOO.items():
        write(name, text)
    with pytest.raises(DataError, match=r"has no ydata-ymovies-movie-content-descr"):
        load_ratings(f"yahoo-movies:{tmp_path}")
    write(movies, YAHOO_MOVIES, "latin-1")
    data = load_ratings(f"yahoo-movies:{tmp_path}")
    assert data.ratings.values.tolist() == [5.0, 4.0, 3.0]
    assert (data.user_ids, data.item_ids) == (("1", "2"), ("1800", "1801"))
    assert data.titles == ("Amélie", "1801")
    assert data.aspect_names == ("Art/Foreign", "Comedy")
    assert (data.scale, data.times) == ((1.0, 5.0), None)
    assert len(data.notes) == 2
    with pytest.raises(
        DataError, match=r"line 2 of .*test-v1_0.txt' rates item '1801' by user '1'"
    ):
        load_ratings(f"yahoo-movies:{tmp_path}", duplicates="error")
