"""score_s: whether the reasons given for single items agree with what the user prefers."""

from __future__ import annotations

import torch
from torch import Tensor

from xaitool.errors import ShapeError


def specific_agreement(truth: Tensor, predicted: Tensor) -> Tensor:
    """Cosine of each pair's true and predicted specific preference; score_s is their mean.

    Paper, section 4.3: the truth of user u and item j is ``p_u * s_j`` (`preferences.for_items`),
    the prediction AMCF's specific preference, the pairs those of the test fold. The published
    code puts the general preference at the item's aspects in its place. At an item of one
    aspect the cosine can only be 1, 0 or -1.

    Args:
        truth: ``(n, A)``.
        predicted: ``(n, A)``, of any length.

    Returns:
        float64 ``(n,)`` in [-1, 1]; 0 where the prediction is 0 everywhere, for it gives no
        reason; NaN where the truth is, such as an item without aspects.

    Raises:
        ShapeError: Shapes differ, or a value is NaN or infinite.
    """
    if truth.shape != predicted.shape or truth.ndim != 2:
        raise ShapeError(
            f"truth is {tuple(truth.shape)} and prediction {tuple(predicted.shape)}, "
            "but equal shapes (n, A) are wanted"
        )
    if not (truth.isfinite().all() and predicted.isfinite().all()):
        raise ShapeError("a preference is NaN or infinite, but finite ones are wanted")
    cosine = (_unit(truth) * _unit(predicted)).sum(1).clamp(-1, 1)
    return cosine.masked_fill((truth == 0).all(1), float("nan"))


def _unit(rows: Tensor) -> Tensor:
    # Divided by the largest entry first: squares of tiny preferences would underflow.
    rows = rows.double()
    largest = rows.abs().amax(1, keepdim=True)
    rows = rows / largest.masked_fill(largest == 0, 1)
    length = torch.linalg.vector_norm(rows, dim=1, keepdim=True)
    unit: Tensor = rows / length.masked_fill(length == 0, 1)
    return unit
