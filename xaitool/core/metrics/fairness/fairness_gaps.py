"""How far a classifier's predictions depend on a sensitive attribute: the two usual gaps."""

from __future__ import annotations

import torch
from torch import Tensor


def demographic_parity_gap(counts: Tensor) -> Tensor:
    """Largest difference of ``P(ŷ = k | s)`` between two attribute values, over all classes k.

    With two classes both have the same gap, which is the usual one. What the labels are does not
    matter, so that a right classifier has a gap as well where label and attribute depend on each
    other.

    Source: Dwork et al. 2012; the largest difference as in fairlearn, there for one class.

    Args:
        counts: ``(..., Y, S, K)``, see `xaitool.core.metrics.fairness.group_accuracy.group_counts`;
            attribute values without samples are left out.

    Returns:
        float64 ``(...)`` in [0, 1].
    """
    return _largest_difference(counts.sum(-3))


def equalised_odds_gap(counts: Tensor) -> Tensor:
    """Largest difference of ``P(ŷ = k | y, s)`` between two attribute values, over all y and k.

    With two classes it is the larger of the gaps of true and of false positives.

    Source: Hardt et al. 2016; the largest difference as in fairlearn.

    Args:
        counts: ``(..., Y, S, K)`` as above; groups without samples are left out, and labels with
            samples of one attribute value only have no difference.

    Returns:
        float64 ``(...)`` in [0, 1].
    """
    return _largest_difference(counts).amax(-1)


def _largest_difference(counts: Tensor) -> Tensor:
    """Between two rows' shares of any column: ``(..., S, K)`` to ``(...)``; 0 without rows."""
    shares = counts.double() / counts.sum(-1, keepdim=True)
    highest = shares.nan_to_num(nan=-torch.inf).amax(-2)
    lowest = shares.nan_to_num(nan=torch.inf).amin(-2)
    return (highest - lowest).amax(-1).clamp(min=0)
