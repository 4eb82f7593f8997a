"""Half a step of an alternating fit: all rows of a factorisation, while the columns stay."""

from __future__ import annotations

import torch
from torch import Tensor

from xaitool.core.recommenders.rating_matrix import RatingMatrix
from xaitool.errors import DivergenceError

# Times the step that is best for a row; below 2 the objective cannot rise.
_OVER_RELAXATION = 1.4
# Least weight of a coordinate in `fair_sample`, as a share of the mean square of the columns.
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
    ``sqrt(n) sum weights * (x - centre)**2``. It moves in the direction that `fair_sample` finds,
    two fifths farther than is best for it alone (successive over-relaxation, which needs fewer
    steps). That reads all ratings twice, ``k`` numbers each.

    Args:
        matrix: Which row rated which column.
        residuals: ``(n,)``, what the rows as they are leave of the values.
        rows: ``(R, k)``, where the step starts.
        columns: ``(C, k)``, the y.
        weights: ``(k,)``, at least 0.
        centre: ``(R, k)``, what the weights draw towards; nothing given: zero.

    Returns:
        The new rows, and what these leave. A row without ratings at its centre stays there.
    """
    penalty = _root(matrix, weights) * weights
    distance = rows if centre is None else rows - centre
    gradient = torch.addcmul(matrix.sums(residuals, columns), penalty, distance, value=-1)
    axes, divisor = fair_sample(matrix, columns, weights)
    direction = (gradient @ axes / divisor) @ axes.T
    predicted = matrix.dots(direction, columns)
    curvature = matrix.row_sums(predicted.square()) + (penalty * direction.square()).sum(1)
    slope = (gradient * direction).sum(1)
    length = _OVER_RELAXATION * slope / curvature.clamp_min(torch.finfo(slope.dtype).tiny)
    rows = torch.addcmul(rows, length[:, None], direction)
    return rows, torch.addcmul(residuals, matrix.spread(length), predicted, value=-1)


def fair_sample(matrix: RatingMatrix, columns: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """The Hessian of `improve_rows`, if every row had rated a fair sample of all ratings.

    Then the sum of ``y y^T`` over a row's n ratings would be n times its mean over all ratings,
    and one eigendecomposition serves all rows: the inverse of the Hessian of row r is
    ``axes diag(1 / divisor[r]) axes^T``.

    Args:
        matrix: As for `improve_rows`.
        columns: Same.
        weights: Same.

    Raises:
        DivergenceError: The columns' squares are not finite.

    Returns:
        Axes ``(k, k)``, orthogonal where all weights are the same; divisor ``(R, k)``.
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
    root = _root(matrix, columns)
    return scale[:, None] * vectors, torch.addcmul(root, root.square(), values.clamp_min(0))


def _root(matrix: RatingMatrix, like: Tensor) -> Tensor:
    # At least 1, so that a row without ratings is drawn to its centre, too.
    return matrix.counts.clamp_min(1).to(like).sqrt()[:, None]
