"""The convolutional GAN of Radford et al. 2016, for images of 28 to 64 pixels.

Its images are in [-1, 1], private to the GAN: the paper's generator ends in tanh.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, ClassVar

from torch import Tensor, nn

from xaitool.errors import ConfigError, ModelError

SIDES = (28, 64)
SMALLEST_MAP = 3
CRITIC_NORMS = ("batch", "none")


class DCGenerator(nn.Module):
    """Noise to images: a projection, then transposed 4x4 convolutions that double the sides.

    Batch normalisation and ReLU follow the projection and every convolution but the last, which
    tanh follows. Each side doubles, or doubles and grows by one, as the discriminator halved it, so
    that nothing is cropped.

    Args:
        shape: Image shape ``(C, H, W)``, sides from 28 to 64.
        latent: Number of noise values.
        width: Maps of the last feature map; each smaller one has twice as many.

    Raises:
        ModelError: A side or a number is out of range.
    """

    def __init__(self, shape: tuple[int, int, int], latent: int = 100, *, width: int = 32) -> None:
        super().__init__()
        _check(shape, latent, width)
        sides = _sides(shape)[::-1]
        maps = [width * 2**level for level in reversed(range(len(sides) - 1))]
        smallest = (maps[0], *sides[0])
        self.latent = latent
        self.layers = nn.Sequential(
            nn.Linear(latent, smallest[0] * smallest[1] * smallest[2], bias=False),
            nn.Unflatten(1, smallest),
            nn.BatchNorm2d(maps[0]),
            nn.ReLU(),
        )
        for (before, after), (small, large) in zip(pairwise(maps), pairwise(sides), strict=False):
            self.layers.append(_doubling(before, after, small, large, bias=False))
            self.layers.append(nn.BatchNorm2d(after))
            self.layers.append(nn.ReLU())
        self.layers.append(_doubling(maps[-1], shape[0], *sides[-2:], bias=True))
        self.layers.append(nn.Tanh())
        self.apply(_start)

    def forward(self, noise: Tensor) -> Tensor:
        """Images ``(N, C, H, W)`` in [-1, 1] from standard normal noise ``(N, latent)``."""
        images: Tensor = self.layers(noise)
        return images


class DCDiscriminator(nn.Module):
    """Images to a logit: 4x4 convolutions that halve the sides, LeakyReLU 0.2, one linear layer.

    Batch normalisation follows every convolution but the first. In train mode it makes a logit
    depend on all images of its batch, which is the paper's design; in eval mode, in which a
    discriminator is explained, it is a constant scale and shift.

    The paper ends in a sigmoid; here that is part of the loss, where it is numerically safe.

    Args:
        shape: Image shape ``(C, H, W)``, sides from 28 to 64.
        width: Maps of the first convolution; each further one doubles them.
        critic_norm: ``batch`` as in the paper, or ``none`` for losses that want every sample
            judged by itself, such as a gradient penalty.

    Raises:
        ConfigError: There is no such normalisation.
        ModelError: A side or a number is out of range.
    """

    def __init__(
        self, shape: tuple[int, int, int], *, width: int = 32, critic_norm: str = "batch"
    ) -> None:
        super().__init__()
        _check(shape, 1, width)
        if critic_norm not in CRITIC_NORMS:
            raise ConfigError(
                f"critic_norm is '{critic_norm}', but {' or '.join(CRITIC_NORMS)} is wanted"
            )
        sides = _sides(shape)
        maps = [shape[0], *(width * 2**level for level in range(len(sides) - 1))]
        self.layers = nn.Sequential()
        for level, (before, after) in enumerate(pairwise(maps)):
            normalised = level > 0 and critic_norm == "batch"
            self.layers.append(nn.Conv2d(before, after, 4, 2, 1, bias=not normalised))
            if normalised:
                self.layers.append(nn.BatchNorm2d(after))
            self.layers.append(nn.LeakyReLU(0.2))
        self.layers.append(nn.Flatten())
        self.layers.append(nn.Linear(maps[-1] * sides[-1][0] * sides[-1][1], 1))
        self.apply(_start)

    def forward(self, images: Tensor) -> Tensor:
        """Logit ``(N, 1)`` of being real, from images ``(N, C, H, W)`` in [-1, 1]."""
        logits: Tensor = self.layers(images)
        return logits


class DCGan(nn.Module):
    """Generator and discriminator of Radford et al. 2016 (DCGAN), section 3.

    Both start as the paper says, weights from N(0, 0.02^2); scales of a normalisation from
    N(1, 0.02^2) and biases at 0, as in the authors' code. Of 64x64 images this is that code's
    network, four levels down to 4x4, at a width of 64 (the paper's figure 1 shows a generator twice
    as wide); here the width is 32, which a CPU can train. Other sides halve, rounded down, while
    the smaller one stays 3 or more: 28 pixels to 14, 7 and 3, and 32 to 16, 8 and 4.

    Args:
        shape: Image shape ``(C, H, W)``, sides from 28 to 64, equal or not.
        latent: Number of noise values.
        width: Maps of the largest feature map of either network.
        critic_norm: Of the discriminator, ``batch`` or ``none``.

    Attributes:
        per_sample_options: The options that make the discriminator judge every sample by itself.

    Raises:
        ConfigError: There is no such normalisation.
        ModelError: A side or a number is out of range.
    """

    per_sample_options: ClassVar[dict[str, Any]] = {"critic_norm": "none"}

    def __init__(
        self,
        shape: tuple[int, int, int],
        latent: int = 100,
        *,
        width: int = 32,
        critic_norm: str = "batch",
    ) -> None:
        super().__init__()
        self.generator = DCGenerator(shape, latent, width=width)
        self.discriminator = DCDiscriminator(shape, width=width, critic_norm=critic_norm)


def _sides(shape: tuple[int, int, int]) -> list[tuple[int, int]]:
    """Height and width of the image and of each smaller feature map."""
    sides = [shape[1:]]
    while min(sides[-1]) // 2 >= SMALLEST_MAP:
        sides.append((sides[-1][0] // 2, sides[-1][1] // 2))
    return sides


def _doubling(
    before: int, after: int, small: Sequence[int], large: Sequence[int], *, bias: bool
) -> nn.ConvTranspose2d:
    odd = (large[0] - 2 * small[0], large[1] - 2 * small[1])
    return nn.ConvTranspose2d(before, after, 4, 2, 1, output_padding=odd, bias=bias)


def _start(module: nn.Module) -> None:
    if isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)
    elif isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
        nn.init.normal_(module.weight, 0.0, 0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def _check(shape: tuple[int, int, int], latent: int, width: int) -> None:
    if len(shape) != 3 or min(shape) < 1 or min(latent, width) < 1:
        raise ModelError(
            f"DCGAN for images {tuple(shape)} from {latent} noise values with width {width}, but "
            "(C, H, W) and at least 1 are wanted"
        )
    if min(shape[1:]) < SIDES[0] or max(shape[1:]) > SIDES[1]:
        raise ModelError(
            f"images are {shape[1]}x{shape[2]}, but dcgan wants sides from {SIDES[0]} to "
            f"{SIDES[1]}",
            hint=f"--image-size {SIDES[0] if min(shape[1:]) < SIDES[0] else SIDES[1]}",
        )
