"""The small classifier of the LGL-INR paper."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from xaitool.core.models.classifiers.sizes import check_classifier, size_after
from xaitool.core.models.normalise import Normalise


class CNN2C(nn.Sequential):
    """Two convolutions with max-pooling, one linear layer: logits ``(N, K)`` from [0, 1].

    LGL-INR paper, Table 2: ``CV(C20K5S1)-MP(K2S2)-CV(C50K5S1)-MP(K2S2)-800-10``. 800 is the size
    of the last feature map of a 28x28 image without padding (50 x 4 x 4), so one linear layer
    follows. The paper does not say where ReLUs stand; here one follows each pooling, which is the
    same function as one before it and costs a quarter.

    Args:
        shape: Image shape ``(C, H, W)``, sides at least 16.
        classes: Number K of logits.
        mean: Of the images, one value a channel, in pixel units of [0, 1].
        standard_deviation: One positive value a channel.

    Raises:
        ModelError: The images are too small, or the normalisation does not fit.
    """

    def __init__(
        self,
        shape: tuple[int, int, int],
        classes: int,
        mean: Sequence[float],
        standard_deviation: Sequence[float],
    ) -> None:
        check_classifier("cnn2c", shape, classes, mean, standard_deviation)
        positions = size_after("cnn2c", shape, [(5, 1, 0), (2, 2, 0), (5, 1, 0), (2, 2, 0)])
        super().__init__(
            Normalise(mean, standard_deviation),
            nn.Conv2d(shape[0], 20, 5),
            nn.MaxPool2d(2),
            nn.ReLU(),
            nn.Conv2d(20, 50, 5),
            nn.MaxPool2d(2),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(50 * positions, classes),
        )
