"""The MNIST classifier of GANMEX."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from xaitool.core.models.classifiers.sizes import check_classifier, size_after
from xaitool.core.models.normalise import Normalise


class GanmexCNN(nn.Sequential):
    """Two strided convolutions, 256 units, dropout: logits ``(N, K)`` from [0, 1].

    Shih et al. 2021 (GANMEX), appendix: two 6x6 convolutions of stride 2, a 256-unit layer,
    dropout 0.5, the output; channels 32 and 64 as in the authors' code. The paper gives no
    padding; here there is none, which takes 28x28 to 12x12 to 4x4. The authors train through a
    softmax inside the network and another one in the loss; here the outputs are logits.

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
        check_classifier("ganmex-cnn", shape, classes, mean, standard_deviation)
        positions = size_after("ganmex-cnn", shape, [(6, 2, 0), (6, 2, 0)])
        super().__init__(
            Normalise(mean, standard_deviation),
            nn.Conv2d(shape[0], 32, 6, stride=2),
            nn.ReLU(),
            nn.Conv2d(32, 64, 6, stride=2),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(64 * positions, 256),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(256, classes),
        )
