"""How the learning rate falls."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence


def rate_factor(
    name: str, steps: int, *, milestones: Sequence[int] = (), factor: float = 0.1
) -> Callable[[int], float]:
    """The learning rate of each step as a share of the largest one.

    Args:
        name: ``constant``; ``cosine``, half a period over all steps; or ``steps``, multiplied by
            `factor` at each milestone.
        steps: How many there are in all.
        milestones: For ``steps``: the steps, counted from 0, from which the rate is lower.
        factor: For ``steps``.

    Returns:
        From a step, counted from 0, to a number in (0, 1].
    """
    if name == "constant":
        return lambda step: 1.0
    if name == "steps":
        return lambda step: factor ** sum(step >= milestone for milestone in milestones)
    # The last step still has a rate above zero, so that none is wasted.
    return lambda step: 0.5 * (1 + math.cos(math.pi * step / (steps + 1)))
