"""A few steps of conjugate gradients, for all the rows of a factorisation at once."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from xaitool.core.recommenders.rating_matrix import RatingMatrix


def descend(
    start: Tensor,
    gradient: Tensor,
    product: Callable[[Tensor], Tensor],
    scale: Tensor,
    steps: int,
    *,
    by_row: bool,
) -> Tensor:
    """Minimise a quadratic by preconditioned conjugate gradients; never increases it.

    Args:
        start: ``(rows, k)``.
        gradient: The negative half gradient at `start`, same shape.
        product: The positive semi-definite half Hessian times a direction.
        scale: The preconditioner: the inverse of the Hessian's diagonal, 0 where a coordinate
            is held fixed.
        steps: How many.
        by_row: Whether the rows are independent problems, each with its own step lengths.
    """
    dimensions = (1,) if by_row else (0, 1)
    facts = torch.finfo(start.dtype)

    def inner(one: Tensor, other: Tensor) -> Tensor:
        return (one * other).sum(dimensions, keepdim=True)

    solution = start
    direction = scaled = gradient * scale
    size = inner(gradient, scaled)
    # Past this only rounding is left, and dividing by it would throw the solution far away.
    solved = facts.eps**2 * size
    for _ in range(steps):
        bent = product(direction)
        curvature = inner(direction, bent).clamp_min(facts.tiny)
        length = torch.where(size > solved, size / curvature, 0)
        solution = solution + length * direction
        gradient = gradient - length * bent
        scaled = gradient * scale
        previous, size = size, inner(gradient, scaled)
        direction = scaled + size / previous.clamp_min(facts.tiny) * direction
    return solution


def improve_rows(
    matrix: RatingMatrix,
    rows: Tensor,
    columns: Tensor,
    penalty: Tensor,
    steps: int,
    centre: Tensor | None = None,
) -> Tensor:
    """Improve the row side of a factorisation while the column side stays.

    Minimises, for every row x with its own penalty, ``sum (value - x . y)**2`` over its ratings
    plus ``sum penalty * (x - centre)**2``.

    Args:
        matrix: The values.
        rows: ``(R, k)``, where the descent starts.
        columns: ``(C, k)``.
        penalty: ``(R, k)``; infinite where a coordinate is held fixed.
        steps: Conjugate gradient steps; k of them would solve exactly.
        centre: ``(R, k)``, what the penalty draws towards; nothing given: zero.

    Returns:
        The new rows; those without ratings that sit at their centre stay there.
    """
    free = penalty.isfinite()
    penalty = penalty.where(free, 0)
    distance = rows if centre is None else rows - centre
    gradient = matrix.sums(matrix.values - matrix.dots(rows, columns), columns) - penalty * distance
    diagonal = matrix.sums(torch.ones_like(matrix.values), columns**2) + penalty

    def product(direction: Tensor) -> Tensor:
        return matrix.sums(matrix.dots(direction, columns), columns) + penalty * direction

    scale = torch.where(free & (diagonal > 0), 1 / diagonal, 0)
    return descend(rows, gradient, product, scale, steps, by_row=True)
