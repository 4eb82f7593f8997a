"""What a recommender would recommend to every user, and how good these lists are."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from xaitool.core.metrics.recommendation.ranking import ndcg_at, rated_at_least, recall_at
from xaitool.core.recommenders.base import RatingModel
from xaitool.core.recommenders.engine.ratings import Ratings

# Scores of user and item that are in memory at once; a network needs a hundred times as much.
SCORES = 262_144


class Ranking(NamedTuple):
    """Quality of the lists of the users to whom something could be recommended.

    Attributes:
        ndcg: float64 ``(users,)``.
        recall: Same.
    """

    ndcg: Tensor
    recall: Tensor


def ranked(
    model: RatingModel, train: Ratings, test: Ratings, length: int, relevant: float
) -> dict[str, Ranking]:
    """Recommend to every user what he has no training rating of, and look what he liked of it.

    Args:
        model: The fitted model; its list has the highest predicted ratings.
        train: What it was fitted to.
        test: The other ratings.
        length: Of a list.
        relevant: Smallest test rating of an item that should be in the list.

    Returns:
        The model's under an empty name; ``-popularity``, the items with most training ratings;
        ``-random``, exactly what lists in random order have on average.
    """
    counts = torch.bincount(train.items, minlength=train.item_count).to(train.values)
    users = test.users[test.values >= relevant].unique()
    parts: dict[str, list[Ranking]] = {"": [], "-random": [], "-popularity": []}
    for some in users.split(max(1, SCORES // train.item_count)):
        seen, liked = rated_at_least(train, some), rated_at_least(test, some, relevant)
        # Equal scores count as the average over their orders.
        scores = {"": model.rate_all(some), "-random": torch.zeros_like(counts)}
        for name, score in (scores | {"-popularity": counts}).items():
            allowed = score.expand(seen.shape).masked_fill(seen, -torch.inf)
            parts[name].append(
                Ranking(ndcg_at(allowed, liked, length), recall_at(allowed, liked, length))
            )
    return {name: _joined(part, train.values) for name, part in parts.items()}


def _joined(parts: list[Ranking], like: Tensor) -> Ranking:
    nothing = like.new_zeros(0, dtype=torch.float64)
    return Ranking(*(torch.cat([nothing, *column]) for column in zip(*parts, strict=True)))
