"""Spearman's rank correlation, such as of predicted with planted preferences."""

from __future__ import annotations

import torch
from torch import Tensor

from xaitool.core.metrics.statistics.ties import expected_by_rank
from xaitool.errors import ShapeError


def rank_correlation(first: Tensor, second: Tensor) -> Tensor:
    """Spearman's correlation of each row; tied values have their average rank.

    Args:
        first: ``(n, m)``.
        second: ``(n, m)``.

    Returns:
        float64 ``(n,)`` in [-1, 1]; NaN where a row is constant.

    Raises:
        ShapeError: Shapes differ, or a value is NaN.
    """
    if first.shape != second.shape:
        raise ShapeError(
            f"the rows to correlate are {tuple(first.shape)} and {tuple(second.shape)}, "
            "but equal shapes are wanted"
        )
    one, other = _centred_ranks(first), _centred_ranks(second)
    length = (one.square().sum(1) * other.square().sum(1)).sqrt()
    return ((one * other).sum(1) / length).clamp(-1, 1)


def _centred_ranks(values: Tensor) -> Tensor:
    count = values.shape[1]
    ranks = torch.arange(count, dtype=torch.float64, device=values.device)
    return expected_by_rank(values, ranks) - (count - 1) / 2
