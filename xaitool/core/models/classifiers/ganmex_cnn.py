"""The MNIST classifier of GANMEX."""

from __future__ import annotations

from torch import nn

from xaitool.core.models.classifiers.base import SmallClassifier


class GanmexCNN(SmallClassifier):
    """Two strided convolutions, 256 units, dropout: logits ``(N, K)`` from [0, 1].

    Shih et al. 2021 (GANMEX), appendix: two 6x6 convolutions of stride 2, a 256-unit layer,
    dropout 0.5, the output; channels 32 and 64 as in the authors' code. The paper gives no
    padding; here there is none, which takes 28x28 to 12x12 to 4x4. The authors train through a
    softmax inside the network and another one in the loss; here the outputs are logits.

    Images have sides of at least 16.
    """

    name = "ganmex-cnn"
    resizing = ((6, 2, 0), (6, 2, 0))

    def _layers(self, channels: int, positions: int, classes: int) -> list[nn.Module]:
        return [
            nn.Conv2d(channels, 32, 6, stride=2),
            nn.ReLU(),
            nn.Conv2d(32, 64, 6, stride=2),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(64 * positions, 256),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(256, classes),
        ]
