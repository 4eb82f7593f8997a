"""Images in memory, and their masks, as the squares that a model sees."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor
from torchvision.transforms.functional import center_crop

from xaitool.data.files.images import Framing

PART = 1024
"""Images that are resized at once: the floating copy of a whole dataset would be large."""


def framed(values: Tensor, framing: Framing, finish: Callable[[Tensor], Tensor]) -> Tensor:
    """Stretch to a square of the side `resize`, with antialias, and cut the central one.

    Args:
        values: ``(N, C, H, W)``, of any kind of number.
        framing: The sizes.
        finish: What makes such values of the resized floats.

    Returns:
        ``(N, C, crop, crop)``; `values` themselves where nothing changes.
    """
    size = (framing.resize, framing.resize)
    if tuple(values.shape[2:]) != size:
        parts = (
            finish(F.interpolate(part.float(), size, mode=framing.interpolation, antialias=True))
            for part in torch.split(values, PART)
        )
        values = torch.cat(list(parts))
    if framing.crop == framing.resize:
        return values
    cut: Tensor = center_crop(values, [framing.crop])
    return cut
