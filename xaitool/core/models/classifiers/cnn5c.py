"""The larger classifier of the LGL-INR paper."""

from __future__ import annotations

from torch import nn

from xaitool.core.models.classifiers.base import SmallClassifier


class CNN5C(SmallClassifier):
    """Five 3x3 convolutions, one linear layer: logits ``(N, K)`` from [0, 1].

    LGL-INR paper, Table 2: ``CV(C32K3S1)-BN-CV(C64K3S1)-BN-CV(C128K3S1)-MP(K2S2)-CV(C256K3S1)-BN-
    CV(C512K3S1)-MP(K8S1)-512-10``. No padding that is the same everywhere gives its 512 features
    of a 28x28 image: without any the last map, 7x7, is smaller than the 8x8 pooling, and with 1
    there are 7 x 7 x 512. Here the third convolution is padded by 1 and no other is, so that
    sides are 28-26-24-24-12-10-8-1. The paper does not say where ReLUs stand; here one follows
    each convolution, after the batch normalisation where there is one (1, 2 and 4).

    Images have sides of at least 28.
    """

    name = "cnn5c"
    resizing = ((3, 1, 0), (3, 1, 0), (3, 1, 1), (2, 2, 0), (3, 1, 0), (3, 1, 0), (8, 1, 0))

    def _layers(self, channels: int, positions: int, classes: int) -> list[nn.Module]:
        return [
            nn.Conv2d(channels, 32, 3),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.Conv2d(32, 64, 3),
            nn.BatchNorm2d(64),
            nn.ReLU(),
            nn.Conv2d(64, 128, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(128, 256, 3),
            nn.BatchNorm2d(256),
            nn.ReLU(),
            nn.Conv2d(256, 512, 3),
            nn.ReLU(),
            nn.MaxPool2d(8, stride=1),
            nn.Flatten(),
            nn.Linear(512 * positions, classes),
        ]
