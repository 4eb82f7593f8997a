"""Inverse localisation: how much of an attribution lies where its two classes are alike."""

from __future__ import annotations

from torch import Tensor

from xaitool.errors import ShapeError


def inverse_localisation(attributions: Tensor, differentiating: Tensor) -> Tensor:
    """Mean magnitude in the common region over that in the differentiating one; lower is better.

    ``L(A)`` of GANMEX (Shih et al. 2021, section 4.1). 1 is what an attribution without any
    localisation has. Every channel of a pixel counts as a feature; the ratio would be the same for
    sums of magnitudes over the channels.

    Where the paper says nothing: the ratio is undefined for an attribution that is zero all over
    the differentiating region and for an image where one of the regions is empty. It is not
    infinite then, because one such attribution would make every mean infinite; whoever takes a mean
    has to say how many were left out.

    Args:
        attributions: ``(N, C, H, W)``, signed.
        differentiating: bool ``(N, 1, H, W)``: where the two classes differ; the common region is
            the rest.

    Returns:
        float64 ``(N,)``, at least 0; NaN where it is undefined.

    Raises:
        ShapeError: A shape does not fit, or a value is NaN or infinite.
    """
    wanted = (len(attributions), 1, *attributions.shape[2:])
    if attributions.ndim != 4 or differentiating.shape != wanted:
        raise ShapeError(
            f"attributions and regions are {tuple(attributions.shape)} and "
            f"{tuple(differentiating.shape)}, but (N, C, H, W) and (N, 1, H, W) are wanted"
        )
    if not attributions.isfinite().all():
        raise ShapeError("an attribution is NaN or infinite, but finite values are wanted")
    magnitudes = attributions.double().abs().mean(1, keepdim=True)
    inside = _mean_where(magnitudes, differentiating)
    ratio = _mean_where(magnitudes, ~differentiating) / inside
    return ratio.masked_fill(inside == 0, float("nan"))


def _mean_where(values: Tensor, region: Tensor) -> Tensor:
    """Mean over a region, ``(N,)``; NaN where it is empty."""
    return (values * region).flatten(1).sum(1) / region.flatten(1).sum(1)
