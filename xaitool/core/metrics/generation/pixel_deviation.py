"""How much pixels vary from image to image."""

from __future__ import annotations

import torch
from torch import Tensor

from xaitool.core.metrics.generation.feature_statistics import StreamedStatistics, in_double
from xaitool.errors import ShapeError


class PixelStatistics(StreamedStatistics):
    """Streaming mean and variance of every pixel in float64.

    Batches are joined by the pairwise update of Chan, Golub and LeVeque (1979), as in
    `FeatureStatistics`, without the covariances between pixels.

    Attributes:
        count: Images seen.
    """

    def __init__(self) -> None:
        self.count = 0
        self._mean = torch.zeros(0, dtype=torch.float64)
        self._scatter = torch.zeros(0, dtype=torch.float64)

    def update(self, images: Tensor) -> None:
        """Add a batch ``(B, C, H, W)`` of the shape of the others, without waiting for the device.

        Raises:
            ShapeError: It is of another shape, or no batch of floating images.
        """
        if images.ndim != 4 or not images.is_floating_point():
            raise ShapeError(
                f"images are {images.dtype} {tuple(images.shape)}, "
                "but floating (images, channels, height, width) is wanted"
            )
        if self.count and images.shape[1:] != self._mean.shape:
            raise ShapeError(
                f"images are {tuple(images.shape[1:])}, but {tuple(self._mean.shape)} is wanted"
            )
        if len(images) == 0:
            return
        values = in_double(images.detach())
        mean, count = values.mean(0), len(values)
        scatter = (values - mean).square().sum(0)
        if self.count:
            shift, total = mean - self._mean, self.count + count
            scatter = self._scatter + scatter + shift.square() * (self.count * count / total)
            mean = self._mean + shift * (count / total)
        self.count += count
        self._mean, self._scatter = mean, scatter

    @property
    def mean_deviation(self) -> float:
        """Mean over all pixels of their standard deviation over the images, in pixel units.

        Raises:
            ShapeError: Fewer than two images were seen.
        """
        if self.count < 2:
            raise ShapeError(f"the pixels have {self.count} images, but at least 2 are wanted")
        return (self._scatter / (self.count - 1)).sqrt().mean().item()


def pixel_deviation(generated: PixelStatistics, real: PixelStatistics) -> float:
    """How varied generated images are, in units of how varied real ones are.

    The mean over all pixels of their standard deviation over the images, divided by that of the
    real images: 1 as varied as the data, 0 all images equal. FID alone shows a loss of variety only
    beside everything else that it shows.

    Returns:
        At least 0; NaN where the real images are all equal.

    Raises:
        ShapeError: A side has fewer than two images.
    """
    deviation = generated.mean_deviation
    return deviation / real.mean_deviation if real.mean_deviation else float("nan")
