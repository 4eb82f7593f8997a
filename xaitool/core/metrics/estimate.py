"""A number that was estimated from samples, with its interval."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from xaitool.core.metrics.accuracy import wilson_interval


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
