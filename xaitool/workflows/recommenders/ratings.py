"""The ratings that options name, and which of them are held out."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from torch import Tensor

from xaitool.data.ratings import splits
from xaitool.data.ratings.load import load_ratings
from xaitool.data.ratings.rating_data import RatingData
from xaitool.data.ratings.rating_table import Duplicates
from xaitool.errors import ConfigError
from xaitool.workflows.configs.recommend_fit import RatingsOptions, RecommendFitConfig

DEFAULT_SHARE = 0.2


def ratings_for(options: RatingsOptions, *, data_dir: Path | None) -> RatingData:
    """Load the ratings that options name.

    Args:
        options: The name, and how a user's own files are read.
        data_dir: Where named data lies or is downloaded to.

    Raises:
        InputError: See `load_ratings`; or ``--scale`` is not two numbers.
    """
    scale = options.scale
    if scale is not None and len(scale) != 2:
        raise ConfigError(f"--scale has {len(scale)} numbers, but LOW,HIGH is wanted")
    return load_ratings(
        options.dataset,
        data_dir=data_dir,
        aspects=options.aspects,
        scale=None if scale is None else (scale[0], scale[1]),
        duplicates=cast("Duplicates | None", options.duplicates),
    )


def held_out(data: RatingData, config: RecommendFitConfig) -> Tensor | None:
    """Which ratings a fit does not see, bool ``(n,)``; None where it sees all.

    Raises:
        ConfigError: ``--hold-out`` leaves one part empty.
        DataError: A split by time is wanted of data without different time stamps.
    """
    if config.split == "leave-one-out":
        return splits.leave_one_out(data)
    share = config.hold_out or DEFAULT_SHARE
    if config.split == "time":
        return splits.last_share(data, share)
    if config.split == "random" or config.hold_out is not None:
        return splits.hold_out(len(data.ratings), share, config.seed)
    return None
