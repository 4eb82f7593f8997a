"""``csv:FILE``: a user's own ratings, delimited by commas, tabs or ``::``."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from xaitool.data.ratings.item_aspects import read_aspects
from xaitool.data.ratings.loader import Reading, assembled
from xaitool.data.ratings.rating_data import RatingData
from xaitool.data.ratings.rating_table import read_ratings
from xaitool.errors import DataError

SIBLINGS = ("aspects", "items", "movies")
"""What the file of aspects beside the file of ratings may be called, without its ending."""


def load(location: str, *, data_dir: Path, reading: Reading) -> RatingData:
    """Load a user's own files; see `RatingLoader`, `read_ratings` and `read_aspects`.

    Where no file of aspects is given it is ``aspects``, ``items`` or ``movies`` beside the file of
    ratings, with the same ending; so ``csv:ml-latest-small/ratings.csv`` needs nothing more.
    """
    path = Path(location).expanduser()
    aspects = reading.aspects.expanduser() if reading.aspects else _sibling(path)
    table = read_ratings([path], scale=reading.scale, duplicates=reading.duplicates or "error")
    return assembled(
        f"csv:{location}", table, partial(read_aspects, aspects), aspects, reading.scale
    )


def _sibling(path: Path) -> Path:
    candidates = [path.with_name(name + path.suffix) for name in SIBLINGS]
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    if not path.is_file():
        raise DataError(f"ratings file '{path}' is absent, but user,item,rating lines are wanted")
    names = ", ".join(candidate.name for candidate in candidates)
    raise DataError(
        f"ratings file '{path}' has no aspects file beside it ({names}), but one is wanted",
        hint="--aspects FILE names one: item,aspects or item,title,aspects a line, such as 7,a|b",
    )
