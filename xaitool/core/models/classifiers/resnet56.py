"""ResNet-56, which was made for small images."""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock

from xaitool.core.models.classifiers.sizes import check_classifier
from xaitool.core.models.classifiers.small_images import he_initialised, small_image_stem
from xaitool.core.models.normalise import Normalise

_WIDTHS = (16, 32, 64)
_BLOCKS = 9


class ResNet56(nn.Sequential):
    """Three stages of nine residual blocks: logits ``(N, K)`` from [0, 1].

    He et al. 2016, section 4.2, with n = 9 and shortcuts without parameters (their option A):
    853,018 parameters for CIFAR-10. The blocks are torchvision's.

    Args:
        shape: Image shape ``(C, H, W)``.
        classes: Number K of logits.
        mean: Of the images, one value a channel, in pixel units of [0, 1].
        standard_deviation: One positive value a channel.

    Raises:
        ModelError: The normalisation does not fit.
    """

    def __init__(
        self,
        shape: tuple[int, int, int],
        classes: int,
        mean: Sequence[float],
        standard_deviation: Sequence[float],
    ) -> None:
        check_classifier("resnet56", shape, classes, mean, standard_deviation)
        super().__init__(
            Normalise(mean, standard_deviation),
            small_image_stem(shape[0], _WIDTHS[0]),
            nn.BatchNorm2d(_WIDTHS[0]),
            nn.ReLU(inplace=True),
            _stage(_WIDTHS[0], _WIDTHS[0]),
            _stage(_WIDTHS[0], _WIDTHS[1]),
            _stage(_WIDTHS[1], _WIDTHS[2]),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(_WIDTHS[2], classes),
        )
        he_initialised(self)


class PaddedShortcut(nn.Module):
    """Every second position, and zeros for the channels that are new (He et al., option A).

    Args:
        more: How many channels are new.
    """

    def __init__(self, more: int) -> None:
        super().__init__()
        self.more = more

    def forward(self, maps: Tensor) -> Tensor:
        """``(N, C, H, W)`` to ``(N, C + more, H / 2, W / 2)``, halves rounded up."""
        return F.pad(maps[:, :, ::2, ::2], (0, 0, 0, 0, 0, self.more))


def _stage(entering: int, width: int) -> nn.Sequential:
    if entering == width:
        first = BasicBlock(entering, width)
    else:
        shortcut = PaddedShortcut(width - entering)
        first = BasicBlock(entering, width, stride=2, downsample=shortcut)
    return nn.Sequential(first, *(BasicBlock(width, width) for _ in range(_BLOCKS - 1)))
