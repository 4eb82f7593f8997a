"""The encoders and decoders of the conditional variational autoencoder."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn

from xaitool.errors import ModelError

WIDTHS = (512, 256, 128)
MAPS = (32, 64, 128, 256)
SMALLEST_SIDE = 16
SLOPE = 0.2


class MLPEncoder(nn.Module):
    """Pixels and condition to numbers: 512-256-128, ReLU.

    Args:
        shape: Image shape ``(C, H, W)``.
        condition: Numbers in the condition.
        outputs: Numbers that come out.
    """

    def __init__(self, shape: tuple[int, int, int], condition: int, outputs: int) -> None:
        super().__init__()
        inputs = math.prod(shape) + condition
        self.layers = nn.Sequential(*_hidden((inputs, *WIDTHS)), nn.Linear(WIDTHS[-1], outputs))

    def forward(self, images: Tensor, condition: Tensor) -> Tensor:
        """``(N, outputs)`` of images ``(N, C, H, W)`` and conditions ``(N, condition)``."""
        numbers: Tensor = self.layers(torch.cat([images.flatten(1), condition], 1))
        return numbers


class MLPDecoder(nn.Module):
    """Code and condition to logits of pixels: 128-256-512, ReLU.

    Args:
        shape: Image shape ``(C, H, W)``.
        condition: Numbers in the condition.
        latent: Numbers in a code.
    """

    def __init__(self, shape: tuple[int, int, int], condition: int, latent: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *_hidden((latent + condition, *reversed(WIDTHS))),
            nn.Linear(WIDTHS[0], math.prod(shape)),
            nn.Unflatten(1, shape),
        )

    def forward(self, codes: Tensor, condition: Tensor) -> Tensor:
        """``(N, C, H, W)`` of codes ``(N, latent)`` and conditions ``(N, condition)``."""
        logits: Tensor = self.layers(torch.cat([codes, condition], 1))
        return logits


class ConvolutionalEncoder(nn.Module):
    """Four 3x3 convolutions of stride 2 to 32, 64, 128 and 256 maps, and a linear layer.

    Batch normalisation and LeakyReLU 0.2 follow each. The condition comes as constant channels
    beside the image's. Sides halve, rounded up.

    Args:
        shape: Image shape ``(C, H, W)``, sides at least 16.
        condition: Numbers in the condition.
        outputs: Numbers that come out.

    Raises:
        ModelError: A side is too small.
    """

    def __init__(self, shape: tuple[int, int, int], condition: int, outputs: int) -> None:
        super().__init__()
        last = _sides(shape)[-1]
        self.layers = nn.Sequential()
        for before, after in pairwise((shape[0] + condition, *MAPS)):
            self.layers.append(nn.Conv2d(before, after, 3, 2, 1, bias=False))
            self.layers.extend(_normalised(after))
        self.layers.append(nn.Flatten())
        self.layers.append(nn.Linear(MAPS[-1] * math.prod(last), outputs))

    def forward(self, images: Tensor, condition: Tensor) -> Tensor:
        """``(N, outputs)`` of images ``(N, C, H, W)`` and conditions ``(N, condition)``."""
        channels = condition[:, :, None, None].expand(-1, -1, *images.shape[2:])
        numbers: Tensor = self.layers(torch.cat([images, channels], 1))
        return numbers


class ConvolutionalDecoder(nn.Module):
    """A linear layer, four transposed 3x3 convolutions to 256, 128, 64, 32 maps, a convolution.

    Batch normalisation and LeakyReLU 0.2 follow each but the last. Each side doubles, or doubles
    less one, as the encoder halved it, so that nothing is cropped.

    Args:
        shape: Image shape ``(C, H, W)``, sides at least 16.
        condition: Numbers in the condition.
        latent: Numbers in a code.

    Raises:
        ModelError: A side is too small.
    """

    def __init__(self, shape: tuple[int, int, int], condition: int, latent: int) -> None:
        super().__init__()
        sides = _sides(shape)[::-1]
        smallest = (MAPS[-1], *sides[0])
        self.layers = nn.Sequential(
            nn.Linear(latent + condition, math.prod(smallest), bias=False),
            nn.Unflatten(1, smallest),
            *_normalised(MAPS[-1]),
        )
        maps = pairwise((MAPS[-1], *reversed(MAPS)))
        for (before, after), (small, large) in zip(maps, pairwise(sides), strict=True):
            odd = (large[0] - 2 * small[0] + 1, large[1] - 2 * small[1] + 1)
            self.layers.append(
                nn.ConvTranspose2d(before, after, 3, 2, 1, output_padding=odd, bias=False)
            )
            self.layers.extend(_normalised(after))
        self.layers.append(nn.Conv2d(MAPS[0], shape[0], 3, padding=1))

    def forward(self, codes: Tensor, condition: Tensor) -> Tensor:
        """``(N, C, H, W)`` of codes ``(N, latent)`` and conditions ``(N, condition)``."""
        logits: Tensor = self.layers(torch.cat([codes, condition], 1))
        return logits


NETWORKS: dict[str, tuple[type[nn.Module], type[nn.Module]]] = {
    "mlp": (MLPEncoder, MLPDecoder),
    "convolutional": (ConvolutionalEncoder, ConvolutionalDecoder),
}
"""Name to encoder and decoder."""


def _hidden(widths: tuple[int, ...]) -> list[nn.Module]:
    return [
        layer
        for inputs, outputs in pairwise(widths)
        for layer in (nn.Linear(inputs, outputs), nn.ReLU())
    ]


def _normalised(maps: int) -> list[nn.Module]:
    return [nn.BatchNorm2d(maps), nn.LeakyReLU(SLOPE)]


def _sides(shape: tuple[int, int, int]) -> list[tuple[int, int]]:
    """Height and width of the image and of each smaller feature map."""
    if min(shape[1:]) < SMALLEST_SIDE:
        raise ModelError(
            f"images are {shape[1]}x{shape[2]}, but the convolutional CVAE wants sides of at least "
            f"{SMALLEST_SIDE}",
            hint=f"--cvae-network mlp, or --image-size {SMALLEST_SIDE}",
        )
    sides = [shape[1:]]
    for _ in MAPS:
        height, width = sides[-1]
        sides.append(((height + 1) // 2, (width + 1) // 2))
    return sides
