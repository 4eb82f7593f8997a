"""The blurred image as a baseline."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from xaitool.core.baselines.base import Baseline
from xaitool.core.batching import ROWS
from xaitool.core.score import Score
from xaitool.options import Options, option


@dataclass(frozen=True, kw_only=True)
class BlurOptions(Options):
    """Options of `Blur`."""

    sigma: float | None = option(
        None,
        "Standard deviation, pixels; default: 10 for every 224 of the shorter side.",
        above=0,
        maximum=1000,
        unit="PIXELS",
    )


class Blur(Baseline):
    """The sample under a Gaussian blur (Fong and Vedaldi 2017, section 4.1).

    The paper blurs photographs of 224 pixels with a standard deviation of 10; the default keeps
    that share of the shorter side.

    Example:
        >>> import torch
        >>> from xaitool.core.baselines.blur import Blur
        >>> from xaitool.core.score import Score
        >>> _ = torch.manual_seed(0)
        >>> images = torch.rand(2, 3, 8, 8)
        >>> references = Blur(sigma=2).for_images(images, Score(torch.tensor([3, 5])))
        >>> bool((references[:, 0].std((2, 3)) < images.std((2, 3)) / 2).all())
        True
    """

    Options = BlurOptions

    def for_images(self, images: Tensor, score: Score, *, rows: int = ROWS) -> Tensor:
        """References ``(N, 1, C, H, W)``."""
        sigma = self.options.sigma or 10 / 224 * min(images.shape[2:])
        return gaussian_blur(images, sigma).clamp_(0, 1).unsqueeze(1)


def gaussian_blur(images: Tensor, sigma: float) -> Tensor:
    """What ``scipy.ndimage.gaussian_filter`` does with its defaults to each channel.

    Cut off at 4 sigma; beyond its border an image goes on as its mirror image.

    Args:
        images: ``(N, C, H, W)``, floating.
        sigma: Standard deviation in pixels, above 0.

    Returns:
        Same shape; a convex combination of the pixels, to rounding.
    """
    down, across = (_blur_matrix(side, sigma).to(images) for side in images.shape[2:])
    return down @ images @ across.T


def _blur_matrix(side: int, sigma: float) -> Tensor:
    """Row i holds the weights with which the pixels of a line enter blurred pixel i.

    As a matrix the blur may reach across several mirror images, which no padding mode allows.
    """
    radius = int(4 * sigma + 0.5)
    offsets = torch.arange(-radius, radius + 1)
    weights = torch.exp(-0.5 * (offsets.double() / sigma) ** 2)
    unfolded = (torch.arange(side)[:, None] + offsets) % (2 * side)
    pixel = torch.minimum(unfolded, 2 * side - 1 - unfolded)
    matrix = torch.zeros(side, side, dtype=torch.float64)
    return matrix.scatter_add_(1, pixel, (weights / weights.sum()).expand_as(pixel))
