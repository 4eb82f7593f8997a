"""Which ratings are held out: a split is the mask of its test rows."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from xaitool.data.ratings.rating_data import RatingData
from xaitool.errors import ConfigError, DataError


def k_folds(count: int, folds: int, seed: int) -> Tensor:
    """Random folds: every row is held out once, sizes differ by one at most.

    They are those of scikit-learn's ``KFold(folds, shuffle=True, random_state=seed)`` and of
    Surprise's ``KFold``, so results compare row for row with those of the AMCF authors, who took
    seed 0.

    Args:
        count: How many ratings there are.
        folds: How many folds are wanted.
        seed: Chooses them; of larger numbers the lowest 32 bits count.

    Returns:
        Test masks, bool ``(folds, count)``.

    Raises:
        ConfigError: There are fewer than two folds, or fewer ratings than folds.
    """
    if not 2 <= folds <= count:
        raise ConfigError(f"folds are {folds}, but 2 to {count} are wanted for {count} ratings")
    parts = np.array_split(_shuffled(count, seed), folds)
    masks = torch.zeros(folds, count, dtype=torch.bool)
    for mask, rows in zip(masks, parts, strict=True):
        mask[torch.from_numpy(rows)] = True
    return masks


def hold_out(count: int, share: float, seed: int) -> Tensor:
    """A random share of the ratings: at least one, and not all.

    Args:
        count: How many ratings there are.
        share: How much of them is held out, in (0, 1).
        seed: Chooses them; of larger numbers the lowest 32 bits count.

    Returns:
        Test mask, bool ``(count,)``.

    Raises:
        ConfigError: `share` is not between 0 and 1, or there are fewer than two ratings.
    """
    rows = _shuffled(count, seed)[: _share_size(count, share)]
    return _mask(count, torch.from_numpy(rows))


def last_share(data: RatingData, share: float) -> Tensor:
    """The latest share of all ratings; of equal times, those that come later in the files.

    Returns:
        Test mask, bool ``(n,)``.

    Raises:
        ConfigError: `share` is not between 0 and 1, or there are fewer than two ratings.
        DataError: All time stamps are equal, or there are none.
    """
    order = _times(data).argsort(stable=True)
    return _mask(len(order), order[-_share_size(len(order), share) :])


def leave_one_out(data: RatingData) -> Tensor:
    """The latest rating of each user; of equal times, the one that comes last in the files.

    The only rating of a user is not held out.

    Returns:
        Test mask, bool ``(n,)``.

    Raises:
        DataError: All time stamps are equal, or there are none.
    """
    order = _times(data).argsort(stable=True)
    users = data.ratings.users
    by_user = order[users[order].argsort(stable=True)]
    counts = torch.bincount(users, minlength=data.ratings.user_count)
    last = counts.cumsum(0) - 1
    return _mask(len(order), by_user[last[counts > 1]])


def _shuffled(count: int, seed: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    rows = np.arange(count)
    # RandomState's stream is frozen for good, a Generator's is not.
    np.random.RandomState(seed % 2**32).shuffle(rows)
    return rows


def _share_size(count: int, share: float) -> int:
    if not 0 < share < 1 or count < 2:
        raise ConfigError(
            f"held-out share is {share:g} of {count} ratings, but a number between 0 and 1, of at "
            "least 2 ratings, is wanted"
        )
    return min(max(int(share * count + 0.5), 1), count - 1)


def _times(data: RatingData) -> Tensor:
    if data.times is None:
        raise DataError(
            f"dataset '{data.name}' has no time stamps, or all are equal, but a split by time "
            "wants different ones",
            hint="split at random",
        )
    return data.times


def _mask(count: int, rows: Tensor) -> Tensor:
    mask = torch.zeros(count, dtype=torch.bool)
    mask[rows] = True
    return mask
