"""Wilcoxon's signed-rank test: whether paired values differ."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from xaitool.core.metrics.statistics.ties import expected_by_rank

# Of more differences the normal distribution is as good.
MOST_EXACT = 50


@dataclass(frozen=True)
class SignedRank:
    """What the test says.

    Attributes:
        statistic: The smaller one of the sums of ranks of positive and of negative differences.
        p: Probability, two-sided, of one as small where differences are symmetric around 0.
        count: Differences that are not 0.
    """

    statistic: float
    p: float
    count: int


def signed_rank(differences: Tensor) -> SignedRank:
    """Wilcoxon's signed-rank test (Wilcoxon 1945, Individual comparisons by ranking methods).

    Differences of 0 are left out, tied ones have their average rank. The distribution is exact for
    at most 50 differences without ties, else normal with the variance corrected for ties and no
    correction for continuity (Hollander and Wolfe 1999, section 3.1).

    Args:
        differences: ``(n,)`` between the two values of each pair, finite; n may be 0.

    Example:
        All of five differences are positive: 1 of the 32 ways to choose signs, on either side.

        >>> import torch
        >>> from xaitool.core.metrics.statistics.signed_rank import signed_rank
        >>> signed_rank(torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0]))
        SignedRank(statistic=0.0, p=0.0625, count=5)
    """
    values = differences.detach().cpu().double()
    values = values[values != 0]
    count = len(values)
    if not count:
        return SignedRank(0.0, 1.0, 0)
    sizes = values.abs()
    ascending = torch.arange(count, 0, -1)
    ranks = expected_by_rank(sizes[None], ascending)[0]
    above = ranks[values > 0].sum().item()
    statistic = min(above, count * (count + 1) / 2 - above)
    _, ties = sizes.unique(return_counts=True)
    exact = count <= MOST_EXACT and len(ties) == count
    p = _exact(statistic, count) if exact else _normal(statistic, count, ties)
    return SignedRank(statistic, min(1.0, p), count)


def _exact(statistic: float, count: int) -> float:
    """Twice the share of the 2^n choices of signs with a sum of ranks of at most the statistic."""
    ways = torch.zeros(count * (count + 1) // 2 + 1, dtype=torch.float64)
    ways[0] = 1
    for rank in range(1, count + 1):
        ways[rank:] = ways[rank:] + ways[:-rank]
    return 2 * float(ways[: int(statistic) + 1].sum()) * 0.5**count


def _normal(statistic: float, count: int, ties: Tensor) -> float:
    mean = count * (count + 1) / 4
    tied = (ties.double() ** 3 - ties).sum().item() / 48
    deviation = math.sqrt(count * (count + 1) * (2 * count + 1) / 24 - tied)
    return math.erfc((mean - statistic) / deviation / math.sqrt(2))
