"""When a training had converged, judged by figures of its epochs."""

from __future__ import annotations

import math
from collections.abc import Sequence

THRESHOLD = 100.0
"""In units of KID as `kid` gives it, unscaled, between features of our LeNet.

There KID falls from some 1,700 after the first epoch to 20 to 160 where a small network's training
has settled, and ten epochs of such a training span 60 to 130 (MNIST's sevens); two sets of real
sevens are at 3. Every network has its own unit: among features of the digits' LeNet a training
starts at 9,000.
"""


def convergence_epoch(
    kid_per_epoch: Sequence[float | None], window: int = 10, threshold: float = THRESHOLD
) -> int | None:
    """The first of `window` consecutive epochs whose KIDs differ by `threshold` at most.

    A GAN has converged "if the mean KID score does not vary by more than 1 for 10 continuous
    epochs" (Graves et al. 2020, LogicGAN, section 5.2). Read as: the largest KID of the window less
    the smallest. The paper's KID is of a network that was not published and in a unit that it does
    not state (some report KID times 100 or 1,000), so its 1 cannot be taken over; the threshold is
    in the unit of the figures given.

    Args:
        kid_per_epoch: KID of each epoch from the first; None or NaN: it was not measured, which
            no window may hold.
        window: Consecutive epochs, at least 2.
        threshold: Largest difference of any two of them.

    Returns:
        The epoch, counted from 1; None where there is no such window.
    """
    values = [math.nan if value is None else value for value in kid_per_epoch]
    for start in range(len(values) - window + 1):
        part = values[start : start + window]
        if all(map(math.isfinite, part)) and max(part) - min(part) <= threshold:
            return start + 1
    return None


def reached(values: Sequence[float | None], level: float) -> int | None:
    """The first epoch whose figure is at a level or below, such as FID.

    Args:
        values: The figure of each epoch from the first; None or NaN: it was not measured.
        level: In the figure's own unit.

    Returns:
        The epoch, counted from 1; None where it never is.
    """
    for epoch, value in enumerate(values, start=1):
        if value is not None and value <= level:
            return epoch
    return None
