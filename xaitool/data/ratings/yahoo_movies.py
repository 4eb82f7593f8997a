"""``yahoo-movies:FOLDER``: Yahoo! Movies user ratings, Webscope R4, which has to be asked for."""

from __future__ import annotations

from collections.abc import Container
from functools import partial
from pathlib import Path

from xaitool.data.ratings.columns import Columns
from xaitool.data.ratings.item_aspects import Item, joined
from xaitool.data.ratings.lines import numbered_lines
from xaitool.data.ratings.loader import RatingRequest, assembled
from xaitool.data.ratings.rating_data import RatingData
from xaitool.data.ratings.rating_table import Scale, read_ratings
from xaitool.errors import DataError

RATINGS = "ydata-ymovies-user-movie-ratings*.txt"
MOVIES = ("ydata-ymovies-movie-content-descr*.txt", "movie_db_yoda")

_COLUMNS = Columns(
    names=("user", "movie", "rating 1 to 13", "rating 1 to 5"), required=4, rating=3, time=None
)
_SCALE: Scale = (1.0, 5.0)
_TITLE, _GENRES = 1, 10


def load(request: RatingRequest) -> RatingData:
    r"""Load the folder's files of ratings, training and test joined; see `RatingRequest`.

    Ratings are the converted ones, 1 to 5. The files rate a few films twice; the last rating is
    kept unless `request` says otherwise. Aspects are the genres. The AMCF paper counts 29; its
    authors' table has one for ``\N``, which stands for no genre here, and some for names of
    directors, which stand as genres of a few films in the file and are kept.
    """
    folder = request.path("FOLDER")
    # The training file before the test file.
    ratings = sorted(folder.glob(RATINGS), reverse=True)
    movies = [path for pattern in MOVIES for path in sorted(folder.glob(pattern))]
    if not ratings or not movies:
        missing = " or ".join(MOVIES) if ratings else RATINGS
        raise DataError(f"folder '{folder}' has no {missing}, but the files of R4 are wanted")
    table = read_ratings(
        ratings, scale=_SCALE, duplicates=request.duplicates or "last", columns=_COLUMNS
    )
    read_items = partial(_read_items, movies[0])
    return assembled(request.name, table, read_items, movies[0], _SCALE)


def _read_items(path: Path, wanted: Container[str]) -> dict[str, Item]:
    items = {}
    for _, line in numbered_lines(path, encoding="latin-1"):
        fields = line.rstrip("\n").split("\t")
        if fields[0] in wanted and len(fields) > _GENRES:
            title = fields[_TITLE].strip()
            items[fields[0]] = joined(
                None, "" if title == "\\N" else title, fields[_GENRES].split("|")
            )
    return items
