"""Half a step of an alternating fit: all rows of a factorisation, while the columns stay."""

from __future__ import annotations

import torch
from torch import Tensor

from xaitool.core.recommenders.engine.rating_matrix import RatingMatrix
from xaitool.errors import DivergenceError

# Times the step that is best for a row; below 2 the objective cannot rise.
_OVER_RELAXATION = 1.4
# Least weight of a coordinate in `solve_fair_sample`, as a share of the mean square of the columns.
_LEAST = 1e-6


def improve_rows(
    matrix: RatingMatrix,
    residuals: Tensor,
    rows: Tensor,
    columns: Tensor,
    weights: Tensor,
    centre: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """One step towards the minimum of every row's ridge regression; increases none.

    A row x minimises ``sum (value - x . y)**2`` over its n ratings plus
    ``sqrt(n) sum weights * (x - centre)**2``. It descends steepest (Saad 2003, section 5.3.1),
    preconditioned by `solve_fair_sample`, and two fifths farther than is best for it alone
    (successive over-relaxation, section 4.1, which needs fewer steps). That reads all ratings
    twice, ``k`` numbers each.

    Args:
        matrix: Which row rated which column.
        residuals: ``(n,)``, what the rows as they are leave of the values.
        rows: ``(R, k)``, where the step starts.
        columns: ``(C, k)``, the y.
        weights: ``(k,)``, at least 0.
        centre: ``(R, k)``, what the weights draw towards; nothing given: zero.

    Raises:
        DivergenceError: The columns' squares are not finite.

    Returns:
        The new rows, and the residuals ``(n,)`` that these leave. A row without ratings at its
        centre stays there.
    """
    penalty = _root(matrix, weights) * weights
    distance = rows if centre is None else rows - centre
    gradient = torch.addcmul(matrix.sums(residuals, columns), penalty, distance, value=-1)
    direction = solve_fair_sample(matrix, gradient, columns, weights)
    predicted = matrix.dots(direction, columns)
    curvature = matrix.row_sums(predicted.square()) + (penalty * direction.square()).sum(1)
    slope = (gradient * direction).sum(1)
    length = _OVER_RELAXATION * slope / curvature.clamp_min(torch.finfo(slope.dtype).tiny)
    rows = torch.addcmul(rows, length[:, None], direction)
    return rows, torch.addcmul(residuals, matrix.spread(length), predicted, value=-1)


def solve_fair_sample(
    matrix: RatingMatrix, sums: Tensor, columns: Tensor, weights: Tensor
) -> Tensor:
    """The rows that `improve_rows` looks for, if each had rated a fair sample of all ratings.

    Then the sum of ``y y^T`` over a row's n ratings would be n times its mean over all ratings,
    and one eigendecomposition serves the normal equations of all rows,
    ``(n mean(y y^T) + sqrt(n) diag(weights)) x = sums``.

    Args:
        matrix: As for `improve_rows`.
        sums: ``(R, k)``, of every row the sum of ``value * y``.
        columns: As for `improve_rows`.
        weights: Same.

    Raises:
        DivergenceError: The columns' squares are not finite.

    Returns:
        The rows, ``(R, k)``.
    """
    shares = matrix.column_counts.to(columns) / len(matrix.rows)
    mean = (columns * shares[:, None]).T @ columns
    if not mean.isfinite().all():
        raise DivergenceError(
            "squares of latent vectors are not finite, but have to be",
            hint="check the ratings, or raise the regularisation",
        )
    least = (_LEAST * mean.diagonal().mean()).clamp_min(torch.finfo(mean.dtype).tiny)
    scale = weights.clamp_min(least).rsqrt()
    values, vectors = torch.linalg.eigh(scale[:, None] * mean * scale)
    axes: Tensor = scale[:, None] * vectors
    root = _root(matrix, columns)
    divisor = torch.addcmul(root, root.square(), values.clamp_min(0))
    return (sums @ axes / divisor) @ axes.T


def _root(matrix: RatingMatrix, like: Tensor) -> Tensor:
    # At least 1, so that a row without ratings is drawn to its centre, too.
    return matrix.counts.clamp_min(1).to(like).sqrt()[:, None]
