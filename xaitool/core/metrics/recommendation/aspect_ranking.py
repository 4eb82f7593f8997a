"""TM@K and BM@K: whether the aspects that a user likes most are among the predicted ones."""

from __future__ import annotations

from torch import Tensor

from xaitool.core.metrics.statistics.ties import top_membership
from xaitool.errors import ShapeError


def top_recall(truth: Tensor, predicted: Tensor, *, top: int, within: int) -> Tensor:
    """TM@K of each user: share of the M truly most preferred within the K predicted as such.

    Paper, section 4.3. Tied values count as the average over their orders, on both sides: equal
    predictions get K / A, what chance gets. The published code takes the first of tied values
    once and still divides by M, so that a user with few rated aspects cannot reach 1, and its
    figures on MovieLens 100K are of the first 643 users.

    Args:
        truth: Real preferences ``(n, A)``.
        predicted: Predicted preferences ``(n, A)``.
        top: M.
        within: K.

    Returns:
        float64 ``(n,)`` in [0, 1]; NaN for a user whose truth is 0 everywhere.

    Raises:
        ShapeError: Shapes differ, a value is NaN, or M or K is not in 1..A.
    """
    if truth.shape != predicted.shape:
        raise ShapeError(
            f"truth is {tuple(truth.shape)} and prediction {tuple(predicted.shape)}, "
            "but equal shapes are wanted"
        )
    both = top_membership(truth, top) * top_membership(predicted, within)
    return (both.sum(1) / top).masked_fill((truth == 0).all(1), float("nan"))


def bottom_recall(truth: Tensor, predicted: Tensor, *, bottom: int, within: int) -> Tensor:
    """BM@K of each user: the same of the M most disliked; see `top_recall`."""
    return top_recall(-truth, -predicted, top=bottom, within=within)
