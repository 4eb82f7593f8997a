"""A mean over users or pairs for some of which the measure is undefined."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class DefinedMean:
    """Mean of the defined values.

    Attributes:
        value: The mean; None when nothing is defined.
        count: Values that it is of.
        undefined: Values that are NaN and so left out.
    """

    value: float | None
    count: int
    undefined: int


def defined_mean(values: Tensor) -> DefinedMean:
    """Mean of values ``(n,)`` in float64, those that are NaN left out and counted."""
    defined = values[~values.isnan()].double()
    mean = defined.mean().item() if len(defined) else None
    return DefinedMean(mean, len(defined), len(values) - len(defined))
