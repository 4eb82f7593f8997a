"""Intervals of what has no formula for one: samples drawn again, thousands of times at once."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from xaitool.core.metrics.statistics.estimate import Estimate
from xaitool.errors import ShapeError

DRAWS = 2000
"""Enough that the ends of an interval at 95 % move by little from seed to seed."""

NUMBERS = 2**22
"""That are held at once, at most."""


def mean_with_interval(values: Tensor, generator: torch.Generator, draws: int = DRAWS) -> Estimate:
    """A mean with its percentile bootstrap interval at 95 % (Efron 1979).

    Args:
        values: ``(n,)``; n may be 0, which gives no value.
        generator: Source of the draws, on the CPU.
        draws: How often n values are drawn with replacement.
    """
    if len(values) == 0:
        return Estimate(None, None, None, 0)
    values, count = values.detach().cpu().double(), len(values)
    means = [
        values[torch.randint(count, (part, count), generator=generator)].mean(1)
        for part in _parts(draws, count)
    ]
    low, high = _ends(torch.cat(means)[:, None])[0]
    return Estimate(values.mean().item(), low, high, count)


def grouped_mean_with_interval(
    values: Tensor, groups: Tensor, generator: torch.Generator, draws: int = DRAWS
) -> Estimate:
    """The mean of values that come in groups, such as several of an image.

    Whole groups are drawn again, because the values of one are not independent (Davison and Hinkley
    1997, section 3.8); every value has the same weight. With one value a group it is
    `mean_with_interval`.

    Args:
        values: ``(n,)``; n may be 0, which gives no value.
        groups: Which group each is of, int64 ``(n,)``.
        generator: Source of the draws, on the CPU.
        draws: How often as many groups as there are are drawn with replacement.
    """
    if len(values) == 0:
        return Estimate(None, None, None, 0)
    _, sums, counts = _group_sums(values, groups)
    means = []
    for part in _parts(draws, len(sums)):
        drawn = torch.randint(len(sums), (part, len(sums)), generator=generator)
        means.append(sums[drawn].sum(1) / counts[drawn].sum(1))
    low, high = _ends(torch.cat(means)[:, None])[0]
    return Estimate(values.double().mean().item(), low, high, len(values))


def group_means(values: Tensor, groups: Tensor) -> dict[int, float]:
    """The mean of each group that there is, by the group, ascending.

    Args:
        values: ``(n,)``.
        groups: Which group each is of, int64 ``(n,)``.
    """
    names, sums, counts = _group_sums(values, groups)
    return dict(zip(names.tolist(), (sums / counts).tolist(), strict=True))


def _group_sums(values: Tensor, groups: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The groups that there are, ascending, and their sums and counts, float64 ``(G,)``."""
    names, places, counts = groups.cpu().unique(return_inverse=True, return_counts=True)
    sums = torch.zeros(len(counts), dtype=torch.float64)
    return names, sums.scatter_add(0, places, values.detach().cpu().double()), counts.double()


def stratified_intervals(
    statistics: Callable[[Tensor], Tensor],
    counts: Tensor,
    generator: torch.Generator,
    draws: int = DRAWS,
) -> list[tuple[float, float]]:
    """Percentile bootstrap intervals at 95 % of functions of what was counted in strata.

    In each stratum as many samples are drawn with replacement as it has. What is counted of them
    is multinomial, so that counts are drawn and no sample is touched. A largest gap or a worst
    stratum is biased away from its true value where strata are small, and so is its interval. A
    stratum whose samples all have one outcome never gets another: where all are so, the interval is
    a point, and says less than Wilson's of each stratum.

    Args:
        statistics: From counts ``(D, ..., K)`` to ``(D, M)``, floating.
        counts: Samples of each outcome in each stratum, int64 ``(..., K)`` on the CPU.
        generator: Source of the draws, on the CPU.
        draws: D in all.

    Returns:
        Lower and upper end of each of the M statistics.
    """
    values = [
        statistics(resampled(counts, part, generator)).double()
        for part in _parts(draws, counts.numel())
    ]
    return _ends(torch.cat(values))


def resampled(counts: Tensor, draws: int, generator: torch.Generator) -> Tensor:
    """Counts of as many samples as each stratum has, drawn from it with replacement.

    Args:
        counts: int64 ``(..., K)`` on the CPU.
        draws: How often, D.
        generator: Source of the draws, on the CPU.

    Returns:
        int64 ``(D, ..., K)``; the sums over K are those of `counts`.

    Raises:
        ShapeError: A count is negative.
    """
    if (counts < 0).any():
        raise ShapeError(f"a count is {int(counts.min())}, but at least 0 is wanted")
    weights = counts.double().expand(draws, *counts.shape)
    left_weight, left = weights.sum(-1), weights.sum(-1)
    drawn = []
    # A multinomial is one binomial after another, each of what the earlier ones left.
    for weight in weights.unbind(-1):
        chance = (weight / left_weight.clamp(min=1)).clamp(max=1)
        taken = torch.binomial(left, chance, generator=generator)
        drawn.append(taken)
        left, left_weight = left - taken, left_weight - weight
    return torch.stack(drawn, -1).long()


def _parts(draws: int, numbers: int) -> list[int]:
    """How many draws of so many numbers are made at once."""
    most = max(1, NUMBERS // max(1, numbers))
    return [min(most, draws - start) for start in range(0, draws, most)]


def _ends(values: Tensor) -> list[tuple[float, float]]:
    """2.5 and 97.5 % of each column of ``(D, M)``."""
    levels = torch.tensor([0.025, 0.975], dtype=torch.float64)
    low, high = values.quantile(levels, 0)
    return list(zip(low.tolist(), high.tolist(), strict=True))
