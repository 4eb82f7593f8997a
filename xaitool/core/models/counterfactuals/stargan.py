"""StarGAN's generator: an image and a class in, the image as one of that class out.

Its images are in [-1, 1], private to the GAN; `CounterfactualGenerator` is the view in pixel space.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from xaitool.core.models.gans.images import from_pixels, to_pixels
from xaitool.errors import ModelError

KERNEL = 7
SMALLEST_SIDE = 5


class StarGANGenerator(nn.Module):
    """Two halvings, residual blocks, two doublings, tanh; zero padding throughout.

    Choi et al. 2018 (StarGAN), table 4, as GANMEX uses it. Every convolution but the last is
    followed by instance normalisation over each sample's own pixels, in eval mode, too: the
    published PyTorch code uses running statistics there, so its images change with the mode. The
    authors' TF-GAN discards normalisation and ReLU after the second halving, a bug that is not
    copied. Sides that 4 does not divide are padded with zeros, the right and the lower side by one
    more where it must be, and the result is cropped.

    Args:
        shape: Image shape ``(C, H, W)``, sides at least 5.
        classes: Number K of classes, at least 2.
        width: Channels of the first layer; the halvings double them.
        blocks: Residual blocks.

    Raises:
        ModelError: The images are too small, or a number is.
    """

    def __init__(
        self, shape: tuple[int, int, int], classes: int, *, width: int = 64, blocks: int = 6
    ) -> None:
        super().__init__()
        _check(shape, classes, width, blocks)
        channels, height, width_in_pixels = shape
        self.classes = classes
        self.padding = (*_padding(width_in_pixels), *_padding(height))
        padded = (height + sum(self.padding[2:]), width_in_pixels + sum(self.padding[:2]))
        self.first = LabelledConvolution(channels, classes, width, padded)
        inner = 4 * width
        self.layers = nn.Sequential(
            *_normalised(None, width),
            *_normalised(nn.Conv2d(width, 2 * width, 4, 2, 1, bias=False), 2 * width),
            *_normalised(nn.Conv2d(2 * width, inner, 4, 2, 1, bias=False), inner),
            *(ResidualBlock(inner) for _ in range(blocks)),
            *_normalised(nn.ConvTranspose2d(inner, 2 * width, 4, 2, 1, bias=False), 2 * width),
            *_normalised(nn.ConvTranspose2d(2 * width, width, 4, 2, 1, bias=False), width),
            ConvolutionByRows(width, channels),
            nn.Tanh(),
        )

    def forward(self, images: Tensor, targets: Tensor) -> Tensor:
        """Images ``(N, C, H, W)`` in [-1, 1] of the classes `targets`, int64 ``(N,)``.

        Args:
            images: ``(N, C, H, W)`` in [-1, 1].
            targets: Class per sample.
        """
        padded = F.pad(images, self.padding)
        generated: Tensor = self.layers(self.first(padded, targets))
        return F.pad(generated, [-pixels for pixels in self.padding])


class LabelledConvolution(nn.Module):
    """A 7x7 convolution of an image and K label maps: 1 everywhere for its class, 0 for the others.

    What it makes of the label maps is computed from the weights: at each output pixel, the sum of
    the kernel's entries that lie inside the image. This equals the convolution of the concatenated
    maps, to rounding, for less than a third of its cost with one channel and ten classes.

    Instance normalisation removes a constant, so all that is left of a class are the borders, where
    the zero padding cuts kernels off: with reflection padding the network could not see it.

    Args:
        channels: Of the image.
        classes: Number K of label maps.
        width: Output channels.
        sides: Height and width of the image.
    """

    def __init__(self, channels: int, classes: int, width: int, sides: tuple[int, int]) -> None:
        super().__init__()
        self.channels = channels
        self.convolution = nn.Conv2d(
            channels + classes, width, KERNEL, padding=KERNEL // 2, bias=False
        )
        self.rows: Tensor
        self.columns: Tensor
        self.register_buffer("rows", _inside(sides[0]), persistent=False)
        self.register_buffer("columns", _inside(sides[1]).T.contiguous(), persistent=False)

    def forward(self, images: Tensor, targets: Tensor) -> Tensor:
        """``(N, width, H, W)`` from images ``(N, C, H, W)`` and classes, int64 ``(N,)``."""
        weight = self.convolution.weight
        kernels = weight[:, self.channels :].transpose(0, 1).index_select(0, targets)
        seen = F.conv2d(images, weight[:, : self.channels], padding=KERNEL // 2)
        return seen + self.rows @ (kernels @ self.columns)


class ConvolutionByRows(nn.Conv2d):
    """A 7x7 convolution to few channels.

    With one or three output channels most of a processor's vector unit would be idle. So each row
    of a kernel is an output channel of its own, and the seven are added up, each shifted by its
    row; equal to rounding, two to four times as fast.

    Args:
        width: Input channels.
        channels: Output channels.
    """

    def __init__(self, width: int, channels: int) -> None:
        super().__init__(width, channels, KERNEL, padding=KERNEL // 2, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        """``(N, channels, H, W)`` from ``(N, width, H, W)``."""
        height, edge = features.shape[2], KERNEL // 2
        kernels = self.weight.transpose(1, 2).flatten(0, 1).unsqueeze(2)
        rows = F.conv2d(features, kernels, padding=(0, edge)).unflatten(1, (-1, KERNEL))
        rows = F.pad(rows, (0, 0, edge, edge))
        shifted = [rows[:, :, row, row : row + height] for row in range(KERNEL)]
        return torch.stack(shifted).sum(0)


class ResidualBlock(nn.Module):
    """``x + f(x)`` with two 3x3 convolutions.

    Args:
        channels: Of input and output.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *_normalised(nn.Conv2d(channels, channels, 3, padding=1, bias=False), channels),
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            _instance_norm(channels),
        )

    def forward(self, features: Tensor) -> Tensor:
        """Same shape as `features`, ``(N, channels, H, W)``."""
        change: Tensor = self.layers(features)
        return features + change


class CounterfactualGenerator(nn.Module):
    """The generator seen from outside, in pixel space: what a baseline uses.

    Args:
        generator: In the GAN's range; shared, not copied.
    """

    def __init__(self, generator: StarGANGenerator) -> None:
        super().__init__()
        self.generator = generator

    def forward(self, images: Tensor, targets: Tensor) -> Tensor:
        """Images ``(N, C, H, W)`` in [0, 1] of the classes `targets`, int64 ``(N,)``.

        Args:
            images: ``(N, C, H, W)`` in [0, 1].
            targets: Class per sample.
        """
        return to_pixels(self.generator(from_pixels(images), targets))


def _normalised(convolution: nn.Module | None, channels: int) -> list[nn.Module]:
    before = [] if convolution is None else [convolution]
    return [*before, _instance_norm(channels), nn.ReLU(inplace=True)]


def _instance_norm(channels: int) -> nn.Module:
    # One channel a group is instance normalisation, several times as fast as `nn.InstanceNorm2d`.
    return nn.GroupNorm(channels, channels)


def _inside(side: int) -> Tensor:
    """``(side, 7)``: 1 where a kernel's entry is inside the image, for each output position."""
    position = torch.arange(side)[:, None] + torch.arange(KERNEL) - KERNEL // 2
    return ((position >= 0) & (position < side)).float()


def _padding(side: int) -> tuple[int, int]:
    missing = -side % 4
    return missing // 2, missing - missing // 2


def _check(shape: tuple[int, int, int], classes: int, width: int, blocks: int) -> None:
    if len(shape) != 3 or min(shape) < 1 or min(width, blocks + 1) < 1 or classes < 2:
        raise ModelError(
            f"generator for images {tuple(shape)} of {classes} classes with width {width} and "
            f"{blocks} blocks, but (C, H, W), at least 2 classes, width 1 and 0 blocks are wanted"
        )
    if min(shape[1:]) < SMALLEST_SIDE:
        raise ModelError(
            f"images are {shape[1]}x{shape[2]}, but the generator wants sides of at least "
            f"{SMALLEST_SIDE}",
            hint="--image-size makes them larger",
        )
