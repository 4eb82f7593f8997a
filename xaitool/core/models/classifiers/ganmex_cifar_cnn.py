"""The CIFAR-10 classifier of GANMEX."""

from __future__ import annotations

from collections.abc import Iterator

from torch import nn

from xaitool.core.models.classifiers.base import SmallClassifier

_WIDTHS = (32, 64, 128, 256)


class GanmexCifarCNN(SmallClassifier):
    """Four units of two convolutions and a pooling, 128 units: logits ``(N, K)`` from [0, 1].

    Shih et al. 2021 (GANMEX), appendix A.1: a unit is two 3x3 convolutions, each followed by batch
    normalisation, and 2x2 average pooling. Widths 32, 64, 128 and 256 and the layer of 128 units
    with its batch normalisation are those of the authors' code. Where the ReLUs stand is not told;
    here each follows a normalisation.

    Images have sides of at least 16.
    """

    name = "ganmex-cifar-cnn"
    resizing = ((2, 2, 0),) * len(_WIDTHS)

    def _layers(self, channels: int, positions: int, classes: int) -> list[nn.Module]:
        return [
            *_units(channels),
            nn.Flatten(),
            nn.Linear(_WIDTHS[-1] * positions, 128),
            nn.BatchNorm1d(128),
            nn.ReLU(),
            nn.Linear(128, classes),
        ]


def _units(channels: int) -> Iterator[nn.Module]:
    for width in _WIDTHS:
        for fan_in in (channels, width):
            # Without a bias: the normalisation that follows has its own.
            yield nn.Conv2d(fan_in, width, 3, padding=1, bias=False)
            yield nn.BatchNorm2d(width)
            yield nn.ReLU()
        yield nn.AvgPool2d(2)
        channels = width
