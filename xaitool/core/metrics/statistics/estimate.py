"""A number that was estimated from samples, with its interval."""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Estimate:
    """What samples say of a quantity.

    Attributes:
        value: The estimate; None where there was no sample.
        low: Lower end of its interval at 95 %; None likewise.
        high: Upper end.
        count: Samples behind it.
    """

    value: float | None
    low: float | None
    high: float | None
    count: int


def share(hits: int, count: int) -> Estimate:
    """A share with its Wilson score interval, as if the samples were independent.

    Args:
        hits: 0 to `count`.
        count: Samples; 0 gives no value.
    """
    if count == 0:
        return Estimate(None, None, None, 0)
    low, high = wilson_interval(hits, count)
    return Estimate(hits / count, low, high, count)


def share_of(hits: Tensor) -> Estimate:
    """The share of true values, bool ``(n,)``; see `share`."""
    return share(int(hits.sum()), len(hits))


NORMAL_QUANTILE_975 = 1.959963984540054


def wilson_interval(
    successes: int, count: int, quantile: float = NORMAL_QUANTILE_975
) -> tuple[float, float]:
    """Score interval of a proportion (Wilson 1927); unlike Wald's it is right near 0 and 1.

    Args:
        successes: 0 to `count`.
        count: At least 1.
        quantile: Of the standard normal; the default gives a two-sided 95 %.
    """
    share = successes / count
    squared = quantile**2 / count
    centre = (share + squared / 2) / (1 + squared)
    half = quantile / (1 + squared) * math.sqrt(share * (1 - share) / count + squared / (4 * count))
    # At the ends it is exactly 0 or 1, which rounding misses.
    low = max(0.0, centre - half) if successes else 0.0
    return low, min(1.0, centre + half) if successes < count else 1.0
