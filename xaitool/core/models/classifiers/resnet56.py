"""ResNet-56, which was made for small images."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock

from xaitool.core.models.classifiers.base import SmallClassifier
from xaitool.core.models.classifiers.small_images import he_initialised, small_image_stem

_WIDTHS = (16, 32, 64)
_BLOCKS = 9


class ResNet56(SmallClassifier):
    """Three stages of nine residual blocks: logits ``(N, K)`` from [0, 1].

    He et al. 2016, section 4.2, with n = 9 and shortcuts without parameters (their option A):
    853,018 parameters for CIFAR-10. The blocks are torchvision's.
    """

    name = "resnet56"

    def _layers(self, channels: int, positions: int, classes: int) -> list[nn.Module]:
        layers = nn.Sequential(
            small_image_stem(channels, _WIDTHS[0]),
            nn.BatchNorm2d(_WIDTHS[0]),
            nn.ReLU(inplace=True),
            _stage(_WIDTHS[0], _WIDTHS[0]),
            _stage(_WIDTHS[0], _WIDTHS[1]),
            _stage(_WIDTHS[1], _WIDTHS[2]),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(_WIDTHS[2], classes),
        )
        return list(he_initialised(layers))


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
