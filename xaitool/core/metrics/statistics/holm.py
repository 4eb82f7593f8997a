"""Holm's correction of several tests of one question."""

from __future__ import annotations

from collections.abc import Sequence


def holm(probabilities: Sequence[float]) -> list[float]:
    """Adjusted probabilities (Holm 1979, A simple sequentially rejective multiple test procedure).

    Rejecting where the adjusted one is below a level keeps the chance of any false rejection below
    that level, whatever the dependence of the tests.

    Args:
        probabilities: Of each test, in [0, 1].

    Returns:
        In the same order, each at least as large as it was.

    Example:
        >>> from xaitool.core.metrics.statistics.holm import holm
        >>> holm([0.01, 0.04, 0.03])
        [0.03, 0.06, 0.06]
    """
    adjusted = [0.0] * len(probabilities)
    largest = 0.0
    for number, place in enumerate(sorted(range(len(adjusted)), key=probabilities.__getitem__)):
        largest = max(largest, min(1.0, (len(adjusted) - number) * probabilities[place]))
        adjusted[place] = largest
    return adjusted
