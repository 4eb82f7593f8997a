"""The fully connected GAN of LogicGAN.

Its images are in [-1, 1], private to the GAN: the paper's generator ends in tanh.
"""

from __future__ import annotations

import math
from itertools import pairwise

from torch import Tensor, nn

from xaitool.errors import ModelError

WIDTHS = (256, 512, 1024)


class MLPGenerator(nn.Module):
    """Noise to images: latent-256-512-1024-pixels, LeakyReLU 0.2, tanh.

    Args:
        shape: Image shape ``(C, H, W)``.
        latent: Number of noise values.

    Raises:
        ModelError: The shape is empty or `latent` is below 1.
    """

    def __init__(self, shape: tuple[int, int, int], latent: int = 100) -> None:
        super().__init__()
        _check(shape, latent)
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise((latent, *WIDTHS)):
            layers += [nn.Linear(inputs, outputs), nn.LeakyReLU(0.2)]
        self.latent = latent
        self.layers = nn.Sequential(
            *layers, nn.Linear(WIDTHS[-1], math.prod(shape)), nn.Tanh(), nn.Unflatten(1, shape)
        )

    def forward(self, noise: Tensor) -> Tensor:
        """Images ``(N, C, H, W)`` in [-1, 1] from standard normal noise ``(N, latent)``."""
        images: Tensor = self.layers(noise)
        return images


class MLPDiscriminator(nn.Module):
    """Images to a logit: pixels-1024-512-256-1, LeakyReLU 0.2, dropout 0.3 after each hidden layer.

    The paper ends in a sigmoid; here that is part of the loss, where it is numerically safe.

    Args:
        shape: Image shape ``(C, H, W)``.

    Raises:
        ModelError: The shape is empty.
    """

    def __init__(self, shape: tuple[int, int, int]) -> None:
        super().__init__()
        _check(shape, 1)
        layers: list[nn.Module] = [nn.Flatten()]
        for inputs, outputs in pairwise((math.prod(shape), *reversed(WIDTHS))):
            layers += [nn.Linear(inputs, outputs), nn.LeakyReLU(0.2), nn.Dropout(0.3)]
        self.layers = nn.Sequential(*layers, nn.Linear(WIDTHS[0], 1))

    def forward(self, images: Tensor) -> Tensor:
        """Logit ``(N, 1)`` of being real, from images ``(N, C, H, W)`` in [-1, 1]."""
        logits: Tensor = self.layers(images)
        return logits


class MLPGan(nn.Module):
    """Generator and discriminator of LogicGAN (Graves et al. 2020, section 5.1).

    The paper gives three hidden layers, LeakyReLU, dropout 0.3, tanh and sigmoid; widths and the
    slope 0.2 are those of the authors' code.

    Args:
        shape: Image shape ``(C, H, W)``.
        latent: Number of noise values.

    Raises:
        ModelError: The shape is empty or `latent` is below 1.
    """

    def __init__(self, shape: tuple[int, int, int], latent: int = 100) -> None:
        super().__init__()
        self.generator = MLPGenerator(shape, latent)
        self.discriminator = MLPDiscriminator(shape)


def _check(shape: tuple[int, int, int], latent: int) -> None:
    if len(shape) != 3 or min(shape) < 1 or latent < 1:
        raise ModelError(
            f"GAN for images {tuple(shape)} from {latent} noise values, but (C, H, W) and at "
            "least 1 are wanted"
        )
