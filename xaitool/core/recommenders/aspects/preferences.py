"""Preferences for aspects: what the ratings say, and the controls that know nothing."""

from __future__ import annotations

import torch
from torch import Tensor

from xaitool.core.recommenders.engine.ratings import Ratings
from xaitool.core.seeding import random_stream


def preference_truth(ratings: Ratings, aspects: Tensor, *, decimals: int | None = None) -> Tensor:
    """Surrogate of what users really prefer (paper, section 4.3).

    ``p_u = sum_j w_uj s_j / |p_u|_1`` with ``w_uj = r_uj - b_u - b_j - mean``, where ``b_u`` and
    ``b_j`` are the deviations of the user's and the item's plain average rating from the mean. The
    paper divides w by the largest rating, which the normalisation cancels.

    Args:
        ratings: Training ratings. The published code takes all ratings, the test fold's included:
            give all of them for its figures.
        aspects: bool ``(items, A)``.
        decimals: Round the averages first; the published code does, to 3.

    Returns:
        float64 ``(users, A)``; all 0 for a user without ratings or without rated aspects.
    """
    values = ratings.values.double()
    averages = [
        _averages(values, ratings.users, ratings.user_count),
        _averages(values, ratings.items, ratings.item_count),
        values.mean(),
    ]
    if decimals is not None:
        averages = [part.round(decimals=decimals) for part in averages]
    of_user, of_item, mean = averages
    weights = values - of_user[ratings.users] - of_item[ratings.items] + mean
    return l1_normalised(_sum_by_user(ratings, aspects, weights))


def popularity_preferences(ratings: Ratings, aspects: Tensor) -> Tensor:
    """Control: everybody prefers what is rated most often.

    Good for tops alone; its negative is the control for bottoms.

    Returns:
        float64 ``(users, A)``, rows equal and of sum 1.
    """
    counts = torch.bincount(ratings.items, minlength=ratings.item_count).double()
    shares = l1_normalised(counts @ aspects.double())
    return shares.expand(ratings.user_count, -1)


def random_preferences(user_count: int, aspect_count: int, *, seed: int = 0) -> Tensor:
    """Control: normal draws that know nothing.

    Returns:
        float64 ``(users, A)``, of l1 norm 1.
    """
    draws = random_stream(seed, "random preferences")
    return l1_normalised(
        torch.randn(user_count, aspect_count, generator=draws, dtype=torch.float64)
    )


def for_items(preferences: Tensor, aspects: Tensor) -> Tensor:
    """What a general preference says of single items: its part at the items' aspects.

    The paper's specific truth, and how it lets methods without specific preferences compete.

    Args:
        preferences: General preferences of the users of n pairs ``(n, A)``.
        aspects: bool ``(n, A)``, of the items of the pairs.

    Returns:
        ``(n, A)``.
    """
    return preferences * aspects


def l1_normalised(values: Tensor) -> Tensor:
    """Rows ``(..., A)`` divided by the sum of their absolute values; rows of 0 stay 0."""
    length = values.abs().sum(-1, keepdim=True)
    return values / torch.where(length > 0, length, 1)


def _averages(values: Tensor, groups: Tensor, count: int) -> Tensor:
    sizes = torch.bincount(groups, minlength=count).clamp(min=1)
    return torch.bincount(groups, values, minlength=count) / sizes


def _sum_by_user(ratings: Ratings, aspects: Tensor, weights: Tensor) -> Tensor:
    # One aspect at a time: memory of the size of the ratings, not times the aspects.
    columns = [
        torch.bincount(ratings.users, weights * has[ratings.items], minlength=ratings.user_count)
        for has in aspects.T
    ]
    return torch.stack(columns, 1)
