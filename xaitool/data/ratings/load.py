"""Ratings by name, as the command line gives it."""

from __future__ import annotations

from pathlib import Path

from xaitool import registry
from xaitool.data.cache import data_directory
from xaitool.data.ratings.loader import RatingLoader, RatingRequest
from xaitool.data.ratings.rating_data import RatingData
from xaitool.data.ratings.rating_table import LARGEST, Duplicates, Scale
from xaitool.errors import ConfigError


def check_ratings(name: str) -> None:
    """Refuse a name that no data set of ratings has; loads nothing.

    Raises:
        UnknownNameError: There is no such data set.
    """
    registry.entry("ratings", name.partition(":")[0])


def load_ratings(
    name: str,
    *,
    data_dir: Path | None = None,
    aspects: Path | None = None,
    scale: Scale | None = None,
    duplicates: Duplicates | None = None,
) -> RatingData:
    """Load a data set of ratings.

    Args:
        name: A registered name; ``csv:FILE`` and ``yahoo-movies:FOLDER`` name a place, and
            ``synthetic-ratings`` may be followed by what it is to be, such as
            ``synthetic-ratings:users=500,noise=0.1``.
        data_dir: See `data_directory`.
        aspects: For ``csv:FILE``: the file of ``item,aspects``; None: the one beside FILE.
        scale: For ``csv:FILE``: lowest and highest allowed rating; None: those that are found.
        duplicates: Whether a second rating of an item by the same user is an error or replaces
            the first; None: an error, except for Yahoo! Movies, which has such.

    Raises:
        UnknownNameError: There is no such data set.
        ConfigError: An argument does not go with this data set, or is no range.
        DataError: The data is absent, empty or malformed; the file and line are named.
    """
    request = RatingRequest(
        name,
        data_dir=data_directory(data_dir),
        aspects=aspects,
        scale=scale,
        duplicates=duplicates,
    )
    loader: RatingLoader = registry.load("ratings", request.base)
    if request.base != "csv" and (aspects is not None or scale is not None):
        what, kind = ("aspects", "aspects file") if aspects is not None else ("scale", "scale")
        raise ConfigError(
            f"dataset '{name}' has its own {what}, but another {kind} was given",
            hint="that goes with csv:FILE",
        )
    if scale is not None and not scale[0] < scale[1]:
        raise ConfigError(f"scale is {scale[0]:g} to {scale[1]:g}, but low to high is wanted")
    if scale is not None and not -LARGEST <= scale[0] < scale[1] <= LARGEST:
        raise ConfigError(
            f"scale is {scale[0]:g} to {scale[1]:g}, but {-LARGEST:g} to {LARGEST:g} at the most "
            "is wanted"
        )
    return loader(request)
