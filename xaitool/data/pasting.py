"""Cutting objects out of a black background, and pasting them onto scenes."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor


def object_opacity(pixels: Tensor, threshold: float, hole: float) -> Tensor:
    """Which pixels of a picture on black are its object.

    Those whose brightest channel reaches `threshold`, and holes in them that are no larger than
    `hole`: a dark button or seam belongs to a garment, the air in a bag's handle does not. Only
    sizes tell them apart, so a large black panel becomes a window.

    Args:
        pixels: ``(N, C, H, W)`` in [0, 1].
        threshold: In [0, 1].
        hole: Largest hole that is filled, as a share of the picture.

    Returns:
        bool ``(N, 1, H, W)``.
    """
    from scipy import ndimage

    solid = (pixels.amax(1) >= threshold).numpy()
    inside_one_picture = np.zeros((3, 3, 3), bool)
    inside_one_picture[1] = ndimage.generate_binary_structure(2, 1)
    filled = ndimage.binary_fill_holes(solid, structure=inside_one_picture)
    holes, _ = ndimage.label(filled & ~solid, structure=inside_one_picture)
    small = np.bincount(holes.ravel()) <= hole * solid[0].size
    small[0] = False
    return torch.from_numpy(solid | small[holes])[:, None]


def paste(
    scenes: Tensor, objects: Tensor, opacity: Tensor, shares: Tensor, places: Tensor
) -> tuple[Tensor, Tensor]:
    """Paste one object onto each scene, at any size and place.

    The object's bounding box is scaled, keeping its shape, until its longer side is the wanted
    share of the scene's side, and put wholly inside the scene. Its edge is blended (bilinear, with
    colours multiplied by the opacity first, so that no black rim appears).

    Args:
        scenes: float32 ``(N, C, S, S)`` in [0, 1].
        objects: float32 ``(N, C, H, W)`` in [0, 1].
        opacity: bool ``(N, 1, H, W)``, nowhere empty.
        shares: float32 ``(N,)`` in (0, 1]: the object's longer side over S.
        places: float32 ``(N, 2)`` in [0, 1]: 0 is the topmost (leftmost) place, 1 the lowest
            (rightmost).

    Returns:
        Images float32 ``(N, C, S, S)``, and bool masks ``(N, 1, S, S)``, true where anything of the
        object arrives: everywhere else a pixel is the scene's, to the bit.
    """
    grid = _grid(opacity, shares, places, scenes.shape[-1])
    cover = opacity.float()
    moved = F.grid_sample(torch.cat([objects * cover, cover], 1), grid, align_corners=False)
    front, cover = moved[:, :-1], moved[:, -1:]
    return front + scenes * (1 - cover), cover > 0


def _grid(opacity: Tensor, shares: Tensor, places: Tensor, side: int) -> Tensor:
    """For each pixel of the scene its place in the object, as `torch.nn.functional.grid_sample`.

    Returns:
        float32 ``(N, S, S, 2)``, x before y, -1 to 1 over the object's picture.
    """
    axes = []
    boxes = [_extent(opacity.any(3).squeeze(1)), _extent(opacity.any(2).squeeze(1))]
    longest = torch.maximum(*(last - first for first, last in boxes))
    pixel = torch.arange(side) + 0.5
    for (first, last), place, length in zip(boxes, places.T, opacity.shape[2:], strict=True):
        scale = longest / (shares * side)
        start = place * (side - (last - first) / scale)
        # In pixels of the object's picture, then in its -1 to 1.
        source = (pixel - start[:, None]) * scale[:, None] + first[:, None]
        axes.append(source * 2 / length - 1)
    rows, columns = axes
    return torch.stack(
        [columns[:, None, :].expand(-1, side, -1), rows[:, :, None].expand(-1, -1, side)], 3
    )


def _extent(used: Tensor) -> tuple[Tensor, Tensor]:
    """The first used place, and the one behind the last, float32 ``(N,)``, of bool ``(N, L)``."""
    first = used.float().argmax(1)
    last = used.shape[1] - used.flip(1).float().argmax(1)
    return first.float(), last.float()
