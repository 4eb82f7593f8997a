"""Random variations of training images, each sample's its own, all of a batch at once."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from xaitool.core.seeding import random_stream

DRAWS = 4
"""Random numbers that a sample needs: rotation, flip, and the two directions of the crop."""


@dataclass(frozen=True)
class Augmentation:
    """What is done to images, in this order.

    Attributes:
        rotation: Largest angle to either side, degrees; the angle is uniform. Bilinear, around the
            centre, black where nothing was.
        flip: Whether every second image, on average, is mirrored left to right.
        crop_padding: Pixels of black around an image, of which a square of the image's size is
            cut; each of the positions is equally likely.
    """

    rotation: float = 0.0
    flip: bool = False
    crop_padding: int = 0

    def __bool__(self) -> bool:
        return bool(self.rotation or self.flip or self.crop_padding)

    def __call__(self, images: Tensor, draws: Tensor) -> Tensor:
        """Vary a batch.

        Args:
            images: ``(N, C, H, W)``, floating, in [0, 1].
            draws: ``(N, DRAWS)`` in [0, 1), see `epoch_draws`.

        Returns:
            ``(N, C, H, W)`` in [0, 1].
        """
        draws = draws.to(images)
        if self.rotation:
            images = _rotated(images, (2 * draws[:, 0] - 1) * self.rotation)
        if self.flip:
            images = torch.where((draws[:, 1] < 0.5)[:, None, None, None], images.flip(3), images)
        if self.crop_padding:
            shifts = (draws[:, 2:] * (2 * self.crop_padding + 1)).long()
            images = _cropped(images, shifts, self.crop_padding)
        return images


def epoch_draws(seed: int, epoch: int, samples: int) -> Tensor:
    """The random numbers of an epoch, ``(samples, DRAWS)`` in [0, 1), a row a sample.

    A draw depends on the seed, the epoch and the sample's index alone, not on its batch. In
    float32 whatever the images, so that the precision of a run does not change them.
    """
    keyed = random_stream(seed, "augmentation", epoch)
    return torch.rand(samples, DRAWS, generator=keyed, dtype=torch.float32)


def _rotated(images: Tensor, degrees: Tensor) -> Tensor:
    """Counter-clockwise by the angles ``(N,)``, as torchvision's ``rotate`` with bilinear does."""
    height, width = images.shape[2:]
    cosine, sine = degrees.deg2rad().cos(), degrees.deg2rad().sin()
    nothing = torch.zeros_like(cosine)
    # Positions are in units of half a side, so that a turn of an oblong image needs the ratio.
    rows = [
        torch.stack([cosine, -sine * height / width, nothing], 1),
        torch.stack([sine * width / height, cosine, nothing], 1),
    ]
    grid = F.affine_grid(torch.stack(rows, 1), list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, align_corners=False).clamp(0, 1)


def _cropped(images: Tensor, shifts: Tensor, padding: int) -> Tensor:
    """Cut from the padded images at ``(N, 2)`` rows and columns."""
    count, channels, height, width = images.shape
    padded = F.pad(images, (padding,) * 4)
    index = torch.arange(max(height, width), device=images.device)
    sample = torch.arange(count, device=images.device)[:, None, None, None]
    channel = torch.arange(channels, device=images.device)[None, :, None, None]
    row = (shifts[:, :1] + index[:height])[:, None, :, None]
    column = (shifts[:, 1:] + index[:width])[:, None, None, :]
    return padded[sample, channel, row, column]
