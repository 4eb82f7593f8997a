"""A few steps of conjugate gradients."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def descend(
    start: Tensor,
    gradient: Tensor,
    product: Callable[[Tensor], Tensor],
    scale: Tensor,
    steps: int,
) -> Tensor:
    """Minimise a quadratic by preconditioned conjugate gradients; never increases it.

    Saad 2003, algorithm 9.1.

    Args:
        start: Of any shape.
        gradient: The negative half gradient at `start`, same shape.
        product: The positive semi-definite half Hessian times a direction.
        scale: The preconditioner: the inverse of the Hessian's diagonal, 0 where a coordinate
            is held fixed.
        steps: How many.

    Returns:
        What they lead to, same shape as `start`.
    """
    facts = torch.finfo(start.dtype)
    solution = start
    direction = scaled = gradient * scale
    size = (gradient * scaled).sum()
    # Past this only rounding is left, and dividing by it would throw the solution far away.
    solved = facts.eps**2 * size
    for _ in range(steps):
        bent = product(direction)
        curvature = (direction * bent).sum().clamp_min(facts.tiny)
        length = torch.where(size > solved, size / curvature, 0)
        solution = solution + length * direction
        gradient = gradient - length * bent
        scaled = gradient * scale
        previous, size = size, (gradient * scaled).sum()
        direction = scaled + size / previous.clamp_min(facts.tiny) * direction
    return solution
