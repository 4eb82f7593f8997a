"""The small classifier of the LGL-INR paper."""

from __future__ import annotations

from torch import nn

from xaitool.core.models.classifiers.base import SmallClassifier


class CNN2C(SmallClassifier):
    """Two convolutions with max-pooling, one linear layer: logits ``(N, K)`` from [0, 1].

    LGL-INR paper, Table 2: ``CV(C20K5S1)-MP(K2S2)-CV(C50K5S1)-MP(K2S2)-800-10``. 800 is the size
    of the last feature map of a 28x28 image without padding (50 x 4 x 4), so one linear layer
    follows. The paper does not say where ReLUs stand; here one follows each pooling, which is the
    same function as one before it and costs a quarter.

    Images have sides of at least 16.
    """

    name = "cnn2c"
    resizing = ((5, 1, 0), (2, 2, 0), (5, 1, 0), (2, 2, 0))

    def _layers(self, channels: int, positions: int, classes: int) -> list[nn.Module]:
        return [
            nn.Conv2d(channels, 20, 5),
            nn.MaxPool2d(2),
            nn.ReLU(),
            nn.Conv2d(20, 50, 5),
            nn.MaxPool2d(2),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(50 * positions, classes),
        ]
