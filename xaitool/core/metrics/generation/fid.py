"""Fréchet distance between two sets of features."""

from __future__ import annotations

import torch
from torch import Tensor

from xaitool.core.metrics.generation.feature_statistics import FeatureStatistics
from xaitool.errors import ShapeError

# Rounding that a distance may have at the most, relative; a hundredth of it is usual.
_DOUBT = 1e-7


def fid(statistics_a: FeatureStatistics, statistics_b: FeatureStatistics) -> float:
    """Squared Fréchet distance between the Gaussians fitted to two sets of features.

    ``|mean_a - mean_b|^2 + tr(A) + tr(B) - 2 tr((A B)^(1/2))`` with covariances A and B
    (Heusel et al. 2017, eq. 6). Comparable only between features of one and the same network.

    Where this differs from the paper's code: the trace of the root is not that of
    ``scipy.linalg.sqrtm(A B)``, but the sum of the roots of the eigenvalues of the symmetric
    ``R_a^T B R_a``, with ``A = R_a R_a^T``; where rounding could reach the seventh digit of the
    distance, it is that of the singular values of ``R_a^T R_b``, which keep all digits and take
    longer. All are equal, but these exist for singular covariances (fewer samples than features,
    dead units) and need no multiple of the identity added to them. Tiny negative results of
    rounding are kept.

    Args:
        statistics_a: Of at least two samples.
        statistics_b: The same, of as many features.

    Raises:
        ShapeError: A set has fewer than two samples, the numbers of features differ, or a feature
            is NaN or infinite.
    """
    covariance_a, covariance_b = statistics_a.covariance, statistics_b.covariance
    if covariance_a.shape != covariance_b.shape:
        raise ShapeError(
            f"the second set has {len(covariance_b)} features, but the first has "
            f"{len(covariance_a)} and equal numbers are wanted"
        )
    _check_finite(covariance_a, covariance_b)
    shift = statistics_a.mean - statistics_b.mean
    apart = shift @ shift + covariance_a.trace() + covariance_b.trace()
    # A feature that never changes in one set adds nothing to the root.
    alive = (covariance_a.diagonal() > 0) & (covariance_b.diagonal() > 0)
    some_a, some_b = (one[alive][:, alive] for one in (covariance_a, covariance_b))
    # The root of the lower rank leaves no eigenvalues of 0, which rounding would make 1e-16.
    is_a_lower = statistics_a.count <= statistics_b.count
    return _distance(apart, *((some_a, some_b) if is_a_lower else (some_b, some_a)))


def _distance(apart: Tensor, lower: Tensor, other: Tensor) -> float:
    """What two covariances with no variance of 0 leave of their traces and the means' distance."""
    root = _root(lower)
    squares = torch.linalg.eigvalsh(root.T @ other @ root)
    distance = float(apart - 2 * squares.clamp(min=0).sqrt().sum())
    doubt = torch.finfo(squares.dtype).eps * squares[-1:].sum()
    if float((doubt / squares.clamp(min=doubt).sqrt()).sum()) <= _DOUBT * distance:
        return distance
    return float(apart - 2 * torch.linalg.svdvals(root.T @ _root(other)).sum())


def _root(covariance: Tensor) -> Tensor:
    """A ``(D, rank)`` matrix R with ``R R^T = covariance``; no variance is 0.

    Cholesky's where the rank is full, in a tenth of the time of eigenvectors.
    """
    factor: Tensor
    factor, failed = torch.linalg.cholesky_ex(covariance)
    doubt = torch.finfo(covariance.dtype).eps * len(covariance) * covariance.diagonal()
    if not failed and (factor.diagonal().square() > doubt).all():
        return factor
    return _low_rank_root(covariance)


def _low_rank_root(covariance: Tensor) -> Tensor:
    """The same of any rank, from eigenvectors.

    Eigenvalues at the level of rounding are left out: their square roots, 1e-8 of the largest,
    would add up over all missing ranks.
    """
    values, vectors = torch.linalg.eigh(covariance)
    kept = values > torch.finfo(values.dtype).eps * len(values) * values[-1]
    root: Tensor = vectors[:, kept] * values[kept].sqrt()
    return root


def _check_finite(*covariances: Tensor) -> None:
    # A NaN or infinite feature always reaches the covariance.
    if not all(covariance.isfinite().all() for covariance in covariances):
        raise ShapeError("the features hold NaN or infinite values, but finite ones are wanted")
