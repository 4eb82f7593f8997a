"""``csv:FILE``: a user's own ratings, delimited by commas, tabs, ``;``, blanks or ``::``."""

from __future__ import annotations

from collections.abc import Container
from functools import partial
from pathlib import Path

from xaitool.data.ratings.aspect_file import read_aspects
from xaitool.data.ratings.item_aspects import Item
from xaitool.data.ratings.lines import UTF8, is_utf8
from xaitool.data.ratings.loader import RatingRequest, assembled
from xaitool.data.ratings.movielens import read_items_100k
from xaitool.data.ratings.rating_data import RatingData
from xaitool.data.ratings.rating_table import read_ratings
from xaitool.errors import DataError

SIBLINGS = ("aspects", "items", "movies")
"""What the file of aspects beside the file of ratings may be called, without its ending."""


def load(request: RatingRequest) -> RatingData:
    """Load a user's own files; see `RatingRequest`, `read_ratings` and `read_aspects`.

    Where no file of aspects is given it is ``aspects``, ``items`` or ``movies`` beside the file of
    ratings, with the same ending; so ``csv:ml-latest-small/ratings.csv`` needs nothing more. Beside
    MovieLens' ``u.data`` it is ``u.item``, beside RecBole's ``NAME.inter`` it is ``NAME.item``.
    """
    path = request.path("FILE")
    if path.is_dir():
        raise DataError(
            f"'{path}' is a folder, but a file of ratings is wanted",
            hint=f"csv:{path / 'ratings.csv'} names one in it",
        )
    aspects = request.aspects.expanduser() if request.aspects else _sibling(path)
    table = read_ratings([path], scale=request.scale, duplicates=request.duplicates or "error")
    return assembled(request.name, table, partial(_read_items, aspects), aspects, request.scale)


def _read_items(path: Path, wanted: Container[str]) -> dict[str, Item]:
    if path.name == "u.item":
        return read_items_100k(path, wanted)
    # MovieLens' own is Latin-1 in one release, UTF-8 in others.
    is_latin = path.name == "movies.dat" and not is_utf8(path)
    return read_aspects(path, wanted, encoding="latin-1" if is_latin else UTF8)


def _sibling(path: Path) -> Path:
    plain = path.with_suffix("") if path.suffix == ".gz" else path
    known = {"u.data": ["u.item"], f"{plain.stem}.inter": [f"{plain.stem}.item"]}
    names = [*known.get(plain.name, []), *(name + plain.suffix for name in SIBLINGS)]
    for end in ("", ".gz"):
        for name in names:
            if (candidate := path.with_name(name + end)).is_file():
                return candidate
    if not path.exists():
        raise DataError(f"ratings file '{path}' is absent, but user,item,rating lines are wanted")
    raise DataError(
        f"ratings file '{path}' has no aspects file beside it ({', '.join(names)}), but one is "
        "wanted",
        hint="--aspects FILE names one: item,aspects or item,title,aspects a line, such as 7,a|b",
    )
