"""How alike two attributions are, whatever their scales and signs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from xaitool.core.metrics.explanation.ssim import structural_similarity
from xaitool.core.metrics.statistics.rank_correlation import rank_correlation
from xaitool.errors import ShapeError

BRIGHTEST = 0.99


@dataclass(frozen=True)
class AttributionSimilarity:
    """Three similarities of N pairs of attributions; 1 says that they are the same.

    Attributes:
        spearman: Rank correlation of the pixels, float64 ``(N,)`` in [-1, 1]; NaN where an
            attribution is constant.
        ssim: Structural similarity, float64 ``(N,)`` in [-1, 1]; NaN where a side is shorter than
            11 pixels.
        cosine: Cosine of the attributions as vectors, float64 ``(N,)`` in [0, 1]; NaN where one is
            zero.
    """

    spearman: Tensor
    ssim: Tensor
    cosine: Tensor


def attribution_similarity(first: Tensor, second: Tensor) -> AttributionSimilarity:
    """Compare the magnitudes of two attributions for each of N samples.

    A pixel's magnitude is the sum of those of its channels, as in the code of Adebayo et al. 2018,
    Sanity Checks for Saliency Maps. For SSIM each attribution is brought to [0, 1] by its 99th
    percentile (the largest value where that is zero), as there: the scores of a randomised network
    have another scale.

    Args:
        first: ``(N, C, H, W)``, signed.
        second: Same shape.

    Raises:
        ShapeError: Shapes do not fit, or a value is NaN or infinite.
    """
    one, other = _magnitudes(first), _magnitudes(second)
    if one.shape != other.shape:
        raise ShapeError(
            f"attributions are {tuple(first.shape)} and {tuple(second.shape)}, but equal shapes "
            "are wanted"
        )
    flat_one, flat_other = one.flatten(1), other.flatten(1)
    lengths = flat_one.norm(dim=1) * flat_other.norm(dim=1)
    return AttributionSimilarity(
        rank_correlation(flat_one, flat_other),
        structural_similarity(_levels(one), _levels(other)),
        ((flat_one * flat_other).sum(1) / lengths).clamp(max=1),
    )


def _magnitudes(values: Tensor) -> Tensor:
    if values.ndim != 4 or not values[:1].numel() or not values.isfinite().all():
        raise ShapeError(
            f"attributions are {tuple(values.shape)} with {int((~values.isfinite()).sum())} NaN "
            "or infinite, but finite (N, C, H, W) are wanted"
        )
    return values.detach().double().abs().sum(1, keepdim=True)


def _levels(magnitudes: Tensor) -> Tensor:
    """The same attributions in [0, 1]; an attribution of zeros stays one."""
    flat = magnitudes.flatten(1)
    bright = flat.kthvalue(math.ceil(BRIGHTEST * flat.shape[1]), dim=1).values
    scale = torch.where(bright > 0, bright, flat.amax(1))
    scale = torch.where(scale > 0, scale, 1)
    return (magnitudes / scale.view(-1, 1, 1, 1)).clamp(max=1)
