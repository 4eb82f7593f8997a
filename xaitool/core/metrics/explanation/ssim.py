"""Structural similarity of images, such as of two heat maps."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from xaitool.errors import ShapeError

SIGMA = 1.5
RADIUS = 5
K1, K2 = 0.01, 0.03


def structural_similarity(first: Tensor, second: Tensor) -> Tensor:
    """SSIM of each pair of grey images, after Wang et al. 2004.

    With their 11 x 11 Gaussian window of sigma 1.5, K1 = 0.01, K2 = 0.03 and weighted moments,
    averaged over all places where the whole window lies in the image: the same as scikit-image's
    ``structural_similarity(gaussian_weights=True, use_sample_covariance=False, data_range=1)``.

    Args:
        first: ``(N, 1, H, W)`` in [0, 1].
        second: Same.

    Returns:
        float64 ``(N,)`` in [-1, 1]; NaN where a side is shorter than the window.

    Raises:
        ShapeError: A shape does not fit.
    """
    if first.ndim != 4 or first.shape[1] != 1 or first.shape != second.shape:
        raise ShapeError(
            f"the images are {tuple(first.shape)} and {tuple(second.shape)}, but both "
            "(N, 1, H, W) are wanted"
        )
    one, other = first.double(), second.double()
    if min(first.shape[2:]) < 2 * RADIUS + 1:
        return one.new_full((len(first),), torch.nan)
    mean_one, mean_other = _weighted(one), _weighted(other)
    product = mean_one * mean_other
    squares = mean_one.square() + mean_other.square()
    covariance = _weighted(one * other) - product
    variances = _weighted(one.square() + other.square()) - squares
    same_light = (2 * product + K1**2) / (squares + K1**2)
    same_form = (2 * covariance + K2**2) / (variances + K2**2)
    return (same_light * same_form).flatten(1).mean(1)


def _weighted(images: Tensor) -> Tensor:
    """Means by the window, where it lies inside: ``(N, 1, H - 10, W - 10)``."""
    offsets = torch.arange(-RADIUS, RADIUS + 1, dtype=images.dtype, device=images.device)
    window = torch.exp(-0.5 * (offsets / SIGMA) ** 2)
    line = (window / window.sum()).view(1, 1, 1, -1)
    return F.conv2d(F.conv2d(images, line), line.transpose(2, 3))
