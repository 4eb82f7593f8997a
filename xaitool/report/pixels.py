"""From image tensors to bytes."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from xaitool.errors import ShapeError

Pixels: TypeAlias = NDArray[np.uint8]

ROUNDING = 1e-4


def to_pixels(images: Tensor) -> Pixels:
    """Colour bytes ``(..., H, W, 3)`` of images ``(..., C, H, W)`` in [0, 1].

    Args:
        images: Floating, grey (C = 1) or red, green, blue (C = 3). Rounding errors of up to
            1e-4 outside the range are clipped.

    Raises:
        ShapeError: C is neither 1 nor 3, or a value is NaN or outside [0, 1].
    """
    if images.ndim < 3 or images.shape[-3] not in (1, 3):
        raise ShapeError(
            f"the image is {tuple(images.shape)}, but (C, H, W) with 1 or 3 channels is wanted"
        )
    values = images.detach().float().cpu().numpy()
    if values.size and not (values.min() >= -ROUNDING and values.max() <= 1 + ROUNDING):
        raise ShapeError(
            f"the image spans {values.min():.3g} to {values.max():.3g}, but [0, 1] is wanted"
        )
    colours = np.broadcast_to(values, (*values.shape[:-3], 3, *values.shape[-2:]))
    return to_bytes(np.moveaxis(colours, -3, -1) * 255)


def check_same_shape(what: str, tensor: Tensor, image: Tensor) -> None:
    """Refuse what does not lie over the image.

    Raises:
        ShapeError: The image is not ``(C, H, W)``, or the other has another shape.
    """
    if image.ndim != 3 or tensor.shape != image.shape:
        raise ShapeError(
            f"image and {what} are {tuple(image.shape)} and {tuple(tensor.shape)}, "
            "but one and the same (C, H, W) is wanted"
        )


def to_bytes(levels: NDArray[np.floating]) -> Pixels:
    """Levels in [0, 255], rounded and clipped."""
    pixels: Pixels = np.rint(levels).clip(0, 255).astype(np.uint8)
    return pixels


def reduced(images: Tensor, most: int) -> Tensor:
    """Averages over areas, so that neither side of ``(C, H, W)`` is longer than `most` pixels.

    A smaller image stays as it is. The proportions stay, to a pixel. For a map the numbers are
    averaged, not the colours: red beside blue becomes white, not purple.
    """
    height, width = images.shape[-2:]
    part = most / max(height, width)
    if part >= 1:
        return images
    size = (max(1, round(height * part)), max(1, round(width * part)))
    return F.interpolate(images.detach().double()[None], size=size, mode="area")[0]


def enlarged(pixels: Pixels, factor: int) -> Pixels:
    """Every pixel of ``(H, W, 3)`` as a square of `factor` x `factor`."""
    return pixels.repeat(factor, axis=0).repeat(factor, axis=1)


def enlargement(height: int, width: int, wanted: int) -> int:
    """The smallest whole factor that makes the longer side at least `wanted` pixels."""
    return max(1, -(-wanted // max(height, width)))
