"""MovieLens (Harper and Konstan 2015): the official files, downloaded where they are absent.

Aspects are the genres. ``unknown`` (100K) and ``(no genres listed)`` (10M and later) say that there
is none, so 100K and 1M have 18 aspects, as in the AMCF paper.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Container
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from xaitool.data.ratings.aspect_file import read_aspects
from xaitool.data.ratings.item_aspects import Item, joined
from xaitool.data.ratings.lines import numbered_lines
from xaitool.data.ratings.loader import RatingLoader, RatingRequest, assembled
from xaitool.data.ratings.rating_data import RatingData
from xaitool.data.ratings.rating_table import Scale, read_ratings
from xaitool.errors import DataError

ADDRESS = "https://files.grouplens.org/datasets/movielens/"


@dataclass(frozen=True)
class Release:
    """One of the data sets.

    Attributes:
        name: Its name, and its archive's.
        md5: Of the archive, as published beside it.
        folder: In the archive and in the data directory.
        ratings: File of the ratings.
        movies: File of titles and genres.
        encoding: Of `movies`.
        scale: Lowest and highest possible rating.
    """

    name: str
    md5: str
    folder: str
    ratings: str = "ratings.csv"
    movies: str = "movies.csv"
    encoding: str = "utf-8"
    scale: Scale = (0.5, 5.0)


RELEASES = (
    Release(
        "ml-100k",
        "0e33842e24a9c977be4e0107933c0723",
        "ml-100k",
        ratings="u.data",
        movies="u.item",
        encoding="latin-1",
        scale=(1.0, 5.0),
    ),
    Release(
        "ml-1m",
        "c4d9eecfca2ab87c1945afe126590906",
        "ml-1m",
        ratings="ratings.dat",
        movies="movies.dat",
        encoding="latin-1",
        scale=(1.0, 5.0),
    ),
    Release(
        "ml-10m",
        "ce571fd55effeba0271552578f2648bd",
        "ml-10M100K",
        ratings="ratings.dat",
        movies="movies.dat",
    ),
    Release("ml-20m", "cd245b17a1ae2cc31bb14903e1204af3", "ml-20m"),
    Release("ml-25m", "6b51fb2759a8657d3bfcbfc42b592ada", "ml-25m"),
    Release("ml-32m", "d472be332d4daa821edc399621853b57", "ml-32m"),
)


def loader(release: Release) -> RatingLoader:
    """The loader of a release; see `RatingRequest`."""

    def load(request: RatingRequest) -> RatingData:
        request.refuse_location()
        folder = request.data_dir / release.folder
        ratings, movies = folder / release.ratings, folder / release.movies
        if not (ratings.is_file() and movies.is_file()):
            _download(release, request.data_dir)
        table = read_ratings(
            [ratings], scale=release.scale, duplicates=request.duplicates or "error"
        )
        read = read_items_100k if release.movies == "u.item" else read_aspects
        read_items = partial(read, movies, encoding=release.encoding)
        return assembled(release.name, table, read_items, movies, release.scale)

    return load


def read_items_100k(
    path: Path, wanted: Container[str], *, encoding: str = "latin-1"
) -> dict[str, Item]:
    """Read ``u.item``: id, title, three more fields, then 0 or 1 for each genre of ``u.genre``."""
    lines = numbered_lines(path.with_name("u.genre"), encoding=encoding)
    genres = [line.split("|")[0].strip() for _, line in lines]
    items = {}
    for number, line in numbered_lines(path, encoding=encoding):
        fields = line.rstrip("\n").split("|")
        flags = fields[5:]
        if len(flags) != len(genres):
            raise DataError(
                f"line {number} of '{path}' has {len(fields)} fields, but {5 + len(genres)} "
                "are wanted: one a genre of u.genre, after five others"
            )
        if fields[0] in wanted:
            names = {name for name, flag in zip(genres, flags, strict=True) if flag == "1"}
            items[fields[0]] = joined(None, fields[1].strip(), names - {"unknown"})
    return items


def _download(release: Release, data_dir: Path) -> None:
    """Download and unpack; files appear in their folder only when they are whole."""
    from torchvision.datasets import utils  # takes a second, and is needed once

    archive = f"{release.name}.zip"
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=data_dir, prefix=f".{release.name}-") as unpacked:
            utils.download_and_extract_archive(
                ADDRESS + archive, str(data_dir), extract_root=unpacked, md5=release.md5
            )
            target = data_dir / release.folder
            target.mkdir(exist_ok=True)
            for file in (Path(unpacked) / release.folder).iterdir():
                os.replace(file, target / file.name)
    except Exception as error:
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        raise DataError(
            f"dataset '{release.name}' is absent in '{data_dir / release.folder}' and could not be "
            f"downloaded ({reason}), but its files are wanted there",
            hint=f"put {release.ratings} and {release.movies} there, or {archive} into "
            f"'{data_dir}'; --dataset synthetic-ratings needs no download",
        ) from None


load_100k, load_1m, load_10m, load_20m, load_25m, load_32m = map(loader, RELEASES)
