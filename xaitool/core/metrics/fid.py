"""Fréchet distance between two sets of features."""

from __future__ import annotations

import torch
from torch import Tensor

from xaitool.core.metrics.feature_statistics import FeatureStatistics
from xaitool.errors import ShapeError


def fid(statistics_a: FeatureStatistics, statistics_b: FeatureStatistics) -> float:
    """Squared Fréchet distance between the Gaussians fitted to two sets of features.

    ``|mean_a - mean_b|^2 + tr(A) + tr(B) - 2 tr((A B)^(1/2))`` with covariances A and B
    (Heusel et al. 2017, eq. 6). Comparable only between features of one and the same network.

    Where this differs from the paper's code: the trace of the root is the sum of the singular
    values of ``A^(1/2) B^(1/2)``, not that of ``scipy.linalg.sqrtm(A B)``. Both are equal, but
    this one exists for singular covariances (fewer samples than features, dead units) and needs
    no multiple of the identity added to them. Tiny negative results of rounding are kept.

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
    overlap = torch.linalg.svdvals(_root(covariance_a).T @ _root(covariance_b)).sum()
    distance = shift @ shift + covariance_a.trace() + covariance_b.trace() - 2 * overlap
    return float(distance)


def _root(covariance: Tensor) -> Tensor:
    """A ``(D, rank)`` matrix R with ``R R^T = covariance``.

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
