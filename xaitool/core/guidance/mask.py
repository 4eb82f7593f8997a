"""From an explanation to a mask."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Mask(NamedTuple):
    """A mask for the gradient at a generator's output.

    Attributes:
        values: ``(N, C, H, W)``, finite, in [0, 1]; in [-1, 1] where the evidence has a sign.
        empty: bool ``(N,)``, samples without evidence, or whose mask were zero everywhere, such as
            equal values from minimum to maximum: their mask is 1.
    """

    values: Tensor
    empty: Tensor


def mask_of(
    attribution: Tensor, *, evidence: str = "absolute", normalisation: str = "sample"
) -> Mask:
    """The mask that an explanation makes.

    LogicGAN (section 3) takes absolute values and normalises to [0, 1] without saying over what;
    its first code took one minimum and maximum over the whole batch, so that one strongly explained
    image weakened the gradients of all others. xAI-GAN's code subtracts the minimum of the batch
    and divides by its maximum, which leaves [0, 1]; ``batch-range`` divides by the range.

    Args:
        attribution: ``(N, C, H, W)``: above 0 what speaks for 'real', below 0 for 'fake'.
        evidence: ``fake``: max(0, -value); ``real``: max(0, value); ``absolute``; ``signed``.
        normalisation: ``sample`` or ``batch``: divided by the largest magnitude; ``sample-range``
            or ``batch-range``: from minimum to maximum; ``none``: cut to [-1, 1].
    """
    part = _evidence(attribution.nan_to_num(0, 0, 0), evidence)
    values = _normalised(part, normalisation)
    empty = _all_zero(part) | _all_zero(values)
    return Mask(torch.where(empty[:, None, None, None], 1.0, values), empty)


def _all_zero(values: Tensor) -> Tensor:
    return values.abs().amax((1, 2, 3)) == 0


def _evidence(attribution: Tensor, kind: str) -> Tensor:
    if kind == "fake":
        return attribution.neg().clamp(min=0)
    if kind == "real":
        return attribution.clamp(min=0)
    return attribution.abs() if kind == "absolute" else attribution


def _normalised(part: Tensor, how: str) -> Tensor:
    if how == "none":
        return part.clamp(-1, 1)
    over = (1, 2, 3) if how.startswith("sample") else (0, 1, 2, 3)
    if how.endswith("range"):
        part = part - part.amin(over, keepdim=True)
    largest = part.abs().amax(over, keepdim=True)
    return part / largest.clamp(min=torch.finfo(part.dtype).tiny)
