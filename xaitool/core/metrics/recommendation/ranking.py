"""Quality of a user's top n: NDCG and recall."""

from __future__ import annotations

import torch
from torch import Tensor

from xaitool.core.metrics.statistics.ties import expected_by_rank, top_membership
from xaitool.core.recommenders.engine.ratings import Ratings
from xaitool.errors import ShapeError


def ndcg_at(scores: Tensor, relevance: Tensor, n: int) -> Tensor:
    """Normalised discounted cumulative gain of each user's n best scored items.

    Discount is ``1 / log2(rank + 1)``, as of Burges et al. (2005), where the one of Järvelin and
    Kekäläinen (2002), ``1 / log2(rank)``, begins at the third rank. Gain is the relevance itself;
    of 0 and 1 it is Burges' ``2^relevance - 1``, too. Tied scores count as the average over their
    orders (McSherry and Najork 2008), as in scikit-learn.

    Args:
        scores: ``(users, items)``; -inf for items not to be recommended, such as those seen.
        relevance: ``(users, items)``, not negative; 0 or 1 for `rated_at_least`.
        n: Length of the list, at least 1; longer than there are items means all.

    Returns:
        float64 ``(users,)`` in [0, 1]; NaN for a user without relevant items.

    Raises:
        ShapeError: Shapes differ, a score is NaN, a relevance negative, or n below 1.
    """
    _check(scores, relevance, n)
    gains = relevance.double()
    ranks = torch.arange(scores.shape[1], dtype=torch.float64, device=scores.device)
    discounts = (ranks < n) / (ranks + 2).log2()
    best = gains.sort(dim=1, descending=True).values @ discounts
    return _counted(scores, gains * expected_by_rank(scores, discounts)).sum(1) / best


def recall_at(scores: Tensor, relevant: Tensor, n: int) -> Tensor:
    """Share of each user's relevant items among the n best scored; ties as in `ndcg_at`.

    Args:
        scores: ``(users, items)``; -inf for items not to be recommended.
        relevant: ``(users, items)``, bool or 0 and 1.
        n: Length of the list, at least 1; longer than there are items means all.

    Returns:
        float64 ``(users,)`` in [0, 1]; NaN for a user without relevant items.

    Raises:
        ShapeError: Shapes differ, a score is NaN, a relevance negative, or n below 1.
    """
    _check(scores, relevant, n)
    relevant = relevant.double()
    inside = top_membership(scores, min(n, scores.shape[1]))
    return _counted(scores, relevant * inside).sum(1) / relevant.sum(1)


def rated_at_least(ratings: Ratings, users: Tensor, threshold: float = -torch.inf) -> Tensor:
    """Which items these users rated at least so high: of the test fold, what is relevant.

    Without a threshold what they rated at all: of the training fold, what is not recommended.

    Args:
        ratings: Some ratings.
        users: Distinct users, int64 ``(n,)``.
        threshold: The smallest rating that counts.

    Returns:
        bool ``(n, items)``.
    """
    place = torch.full((ratings.user_count,), -1, device=users.device)
    place[users] = torch.arange(len(users), device=users.device)
    rows = place[ratings.users]
    chosen = (rows >= 0) & (ratings.values >= threshold)
    rated = torch.zeros(len(users), ratings.item_count, dtype=torch.bool, device=users.device)
    rated[rows[chosen], ratings.items[chosen]] = True
    return rated


def _counted(scores: Tensor, gains: Tensor) -> Tensor:
    # What may not be recommended earns nothing, even where the list is longer than the rest.
    return gains.masked_fill(scores == -torch.inf, 0)


def _check(scores: Tensor, relevance: Tensor, n: int) -> None:
    if scores.shape != relevance.shape or scores.ndim != 2:
        raise ShapeError(
            f"scores are {tuple(scores.shape)} and relevance {tuple(relevance.shape)}, "
            "but equal shapes (users, items) are wanted"
        )
    if n < 1:
        raise ShapeError(f"the list has length {n}, but at least 1 is wanted")
    if (relevance < 0).any():
        raise ShapeError("a relevance is negative, but 0 or more is wanted")
