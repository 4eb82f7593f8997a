"""The Gini index: how few values of an attribution carry most of it."""

from __future__ import annotations

import torch
from torch import Tensor

from xaitool.errors import ShapeError


def gini_index(values: Tensor) -> Tensor:
    """Sparseness of the magnitudes of each attribution, after Hurley and Rickard 2009.

    With the magnitudes in ascending order ``c(1) .. c(m)`` it is
    ``1 - 2 sum_k c(k) / |c|_1 * (m - k + 1/2) / m``: 0 where all are equal, ``1 - 1/m`` where
    only one is not zero. Higher is sparser, which Chalasani et al. 2018 and GANMEX (Shih et al.
    2021, appendix B.2) prefer. As there every number of an attribution is a feature of its own: the
    channels of a pixel are not summed.

    Args:
        values: ``(N, ...)``, signed.

    Returns:
        float64 ``(N,)`` in [0, 1); NaN for an attribution of zeros.

    Raises:
        ShapeError: There are no values, or one is NaN or infinite.
    """
    if values.ndim < 2 or not values[:1].numel() or not values.isfinite().all():
        raise ShapeError(
            f"attributions are {tuple(values.shape)} with {int((~values.isfinite()).sum())} NaN "
            "or infinite, but finite (N, ...) are wanted"
        )
    ordered = values.flatten(1).abs().double().sort(dim=1).values
    count = ordered.shape[1]
    places = torch.arange(count, 0, -1, dtype=torch.float64, device=values.device)
    return 1 - 2 * (ordered @ ((places - 0.5) / count)) / ordered.sum(1)
