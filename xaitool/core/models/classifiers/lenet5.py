"""LeNet-5 as it is built today: ReLU and max-pooling."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from xaitool.core.models.classifiers.sizes import check_classifier, size_after
from xaitool.core.models.normalise import Normalise


class LeNet5(nn.Module):
    """Two convolutions, three linear layers; 61,706 parameters for MNIST.

    LeCun et al. 1998, Gradient-based learning applied to document recognition. Differences, all
    usual today: ReLU instead of scaled tanh, max-pooling instead of trainable subsampling, the
    second convolution sees all maps, linear logits instead of radial basis functions, and 28x28
    images padded by 2 inside the first convolution instead of 32x32 ones. A ReLU follows each
    pooling: the same function as one before it, for less.

    Args:
        shape: Image shape ``(C, H, W)``, sides at least 12.
        classes: Number K of logits.
        mean: Of the images, one value a channel, in pixel units of [0, 1].
        standard_deviation: One positive value a channel.

    Raises:
        ModelError: The images are too small, or the normalisation does not fit.
    """

    feature_count = 84

    def __init__(
        self,
        shape: tuple[int, int, int],
        classes: int,
        mean: Sequence[float],
        standard_deviation: Sequence[float],
    ) -> None:
        super().__init__()
        check_classifier("lenet5", shape, classes, mean, standard_deviation)
        positions = size_after("lenet5", shape, [(5, 1, 2), (2, 2, 0), (5, 1, 0), (2, 2, 0)])
        self.trunk = nn.Sequential(
            Normalise(mean, standard_deviation),
            nn.Conv2d(shape[0], 6, 5, padding=2),
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
        )
        self.head = nn.Linear(self.feature_count, classes)

    def features(self, images: Tensor) -> Tensor:
        """Activations below the logits, ``(N, 84)``, for distances between sets of images."""
        features: Tensor = self.trunk(images)
        return features

    def forward(self, images: Tensor) -> Tensor:
        """Logits ``(N, K)`` of images ``(N, C, H, W)`` in [0, 1]."""
        logits: Tensor = self.head(self.trunk(images))
        return logits
