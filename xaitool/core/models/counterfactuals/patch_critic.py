"""StarGAN's critic: how real each patch of an image looks.

Its images are in [-1, 1], private to the GAN.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from xaitool.errors import ModelError

SMALLEST_SIDE = 3


class PatchCritic(nn.Module):
    """4x4 convolutions that halve the sides and double the channels, LeakyReLU 0.01, then the head.

    Choi et al. 2018 (StarGAN), table 5. As in the GANMEX authors' code, layers are added while the
    smaller side is at least 3, so that 28 pixels get 4 layers (28, 14, 7, 3, 1). There is no
    normalisation: the gradient penalty is a sample's own.

    Args:
        shape: Image shape ``(C, H, W)``, sides at least 3.
        classes: Number K of classes of a second head, a convolution as large as the last feature
            map, for a GAN that trains its own classifier; None for no such head.
        width: Channels of the first layer.
        layers: Largest number of halvings.

    Raises:
        ModelError: The images are too small, or a number is.
    """

    def __init__(
        self,
        shape: tuple[int, int, int],
        classes: int | None = None,
        *,
        width: int = 64,
        layers: int = 6,
    ) -> None:
        super().__init__()
        _check(shape, classes, width, layers)
        channels, height, width_in_pixels = shape
        trunk: list[nn.Module] = []
        while len(trunk) < 2 * layers and min(height, width_in_pixels) >= SMALLEST_SIDE:
            trunk += [nn.Conv2d(channels, width, 4, 2, 1), _LeakyReLU()]
            channels, width = width, 2 * width
            height, width_in_pixels = height // 2, width_in_pixels // 2
        self.trunk = nn.Sequential(*trunk)
        self.realness = nn.Conv2d(channels, 1, 3, padding=1, bias=False)
        self.labels = (
            None
            if classes is None
            else nn.Conv2d(channels, classes, (height, width_in_pixels), bias=False)
        )

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor | None]:
        """Judge images.

        Args:
            images: ``(N, C, H, W)`` in [-1, 1].

        Returns:
            The patch map ``(N, 1, h, w)``, unbounded, larger for what looks real; and the class
            logits ``(N, K)``, None without that head.
        """
        features = self.trunk(images)
        logits = None if self.labels is None else self.labels(features).flatten(1)
        return self.realness(features), logits


class _LeakyReLU(nn.Module):
    """``x * slope``: the slope is a constant for autograd.

    Of `nn.LeakyReLU`, the second derivative that a gradient penalty asks for is a tensor of zeros,
    which autograd then sends back through the whole critic.
    """

    def forward(self, features: Tensor) -> Tensor:
        """Same shape as `features`, ``(N, C, H, W)``."""
        return features * torch.where(features > 0, torch.ones_like(features), 0.01)


def _check(shape: tuple[int, int, int], classes: int | None, width: int, layers: int) -> None:
    if len(shape) != 3 or min(shape) < 1 or min(width, layers) < 1 or classes in (0, 1):
        raise ModelError(
            f"critic for images {tuple(shape)} of {classes} classes with width {width} and "
            f"{layers} layers, but (C, H, W), at least 2 classes, width 1 and 1 layer are wanted"
        )
    if min(shape[1:]) < SMALLEST_SIDE:
        raise ModelError(
            f"images are {shape[1]}x{shape[2]}, but the critic wants sides of at least "
            f"{SMALLEST_SIDE}",
            hint="--image-size makes them larger",
        )
