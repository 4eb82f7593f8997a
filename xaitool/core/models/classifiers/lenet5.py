"""LeNet-5 as it is built today: ReLU and max-pooling."""

from __future__ import annotations

from collections import OrderedDict

from torch import Tensor, nn

from xaitool.core.models.classifiers.base import SmallClassifier


class LeNet5(SmallClassifier):
    """Two convolutions, three linear layers; 61,706 parameters for MNIST.

    LeCun et al. 1998, Gradient-based learning applied to document recognition. Differences, all
    usual today: ReLU instead of scaled tanh, max-pooling instead of trainable subsampling, the
    second convolution sees all maps, linear logits instead of radial basis functions, and 28x28
    images padded by 2 inside the first convolution instead of 32x32 ones. A ReLU follows each
    pooling: the same function as one before it, for less.

    Images have sides of at least 12.
    """

    name = "lenet5"
    resizing = ((5, 1, 2), (2, 2, 0), (5, 1, 0), (2, 2, 0))
    feature_count = 84
    trunk: nn.Sequential
    head: nn.Linear

    def _layers(self, channels: int, positions: int, classes: int) -> list[nn.Module]:
        return [
            nn.Conv2d(channels, 6, 5, padding=2),
            nn.MaxPool2d(2),
            nn.ReLU(),
            nn.Conv2d(6, 16, 5),
            nn.MaxPool2d(2),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(16 * positions, 120),
            nn.ReLU(),
            nn.Linear(120, self.feature_count),
            nn.ReLU(),
            nn.Linear(self.feature_count, classes),
        ]

    def features(self, images: Tensor) -> Tensor:
        """Activations below the logits, ``(N, 84)``, for distances between sets of images."""
        features: Tensor = self.trunk(images)
        return features

    def _arranged(self, layers: list[nn.Module]) -> OrderedDict[str, nn.Module]:
        *trunk, head = layers
        return OrderedDict(trunk=nn.Sequential(*trunk), head=head)
