"""Many images in one picture."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image
from torch import Tensor

from xaitool.errors import ConfigError, ShapeError
from xaitool.report.pixels import enlarged, enlargement, to_pixels

GAP = 2
SMALLEST_SIDE = 56


def sample_grid(
    images: Tensor, *, columns: int | None = None, enlarge: int | None = None
) -> Image.Image:
    """Images row by row on white, with a thin gap.

    Args:
        images: ``(N, C, H, W)`` in [0, 1], C = 1 or 3, at least one.
        columns: Images in a row; default: as near to a square as possible.
        enlarge: Whole factor, nearest neighbour; default: the smallest that makes the longer side
            of an image 56 pixels.

    Returns:
        An RGB picture; equal input gives equal bytes.

    Raises:
        ShapeError: The shape does not fit, or a pixel is outside [0, 1].
        ConfigError: `columns` or `enlarge` is below 1.
    """
    if images.ndim != 4 or images.numel() == 0:
        raise ShapeError(f"the images are {tuple(images.shape)}, but (N, C, H, W) is wanted")
    count, _, height, width = images.shape
    columns = math.ceil(math.sqrt(count)) if columns is None else columns
    factor = enlargement(height, width, SMALLEST_SIDE) if enlarge is None else enlarge
    if min(columns, factor) < 1:
        raise ConfigError(
            f"columns and enlarge are {columns} and {factor}, but at least 1 is wanted"
        )
    columns = min(columns, count)
    step_y, step_x = height * factor + GAP, width * factor + GAP
    rows = math.ceil(count / columns)
    paper = np.full((rows * step_y + GAP, columns * step_x + GAP, 3), 255, np.uint8)
    for index, pixels in enumerate(to_pixels(images)):
        top, left = GAP + index // columns * step_y, GAP + index % columns * step_x
        paper[top : top + step_y - GAP, left : left + step_x - GAP] = enlarged(pixels, factor)
    return Image.fromarray(paper)
