"""VGG-13 for small images."""

from __future__ import annotations

from torch import nn
from torchvision.models.vgg import cfgs, make_layers

from xaitool.core.models.classifiers.base import SmallClassifier
from xaitool.core.models.classifiers.small_images import he_initialised, small_image_stem


class CifarVGG13(SmallClassifier):
    """VGG-13's ten convolutions and one linear layer: logits ``(N, K)`` from [0, 1].

    Simonyan and Zisserman 2014 in its usual form for CIFAR-10: torchvision's convolutions with
    batch normalisation, the mean over what positions are left (one of 32x32 images), and a single
    linear layer on its 512 values instead of three wide ones. 9,415,946 parameters for CIFAR-10;
    the first convolution has no bias, as batch normalisation would take it away.

    Images have sides of at least 32.
    """

    name = "cifar-vgg13"
    resizing = ((2, 2, 0),) * 5

    def _layers(self, channels: int, positions: int, classes: int) -> list[nn.Module]:
        convolutions = he_initialised(make_layers(cfgs["B"], batch_norm=True))
        convolutions[0] = small_image_stem(channels, 64)
        return [
            convolutions,
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(512, classes),
        ]
