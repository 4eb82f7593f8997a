"""VGG-13 for small images."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn
from torchvision.models.vgg import cfgs, make_layers

from xaitool.core.models.classifiers.sizes import check_classifier, size_after
from xaitool.core.models.classifiers.small_images import he_initialised, small_image_stem
from xaitool.core.models.normalise import Normalise


class CifarVGG13(nn.Sequential):
    """VGG-13's ten convolutions and one linear layer: logits ``(N, K)`` from [0, 1].

    Simonyan and Zisserman 2014 in its usual form for CIFAR-10: torchvision's convolutions with
    batch normalisation, the mean over what positions are left (one of 32x32 images), and a single
    linear layer on its 512 values instead of three wide ones. 9,415,946 parameters for CIFAR-10;
    the first convolution has no bias, as batch normalisation would take it away.

    Args:
        shape: Image shape ``(C, H, W)``, sides at least 32.
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
        check_classifier("cifar-vgg13", shape, classes, mean, standard_deviation)
        size_after("cifar-vgg13", shape, [(2, 2, 0)] * 5)
        convolutions = he_initialised(make_layers(cfgs["B"], batch_norm=True))
        convolutions[0] = small_image_stem(shape[0], 64)
        super().__init__(
            Normalise(mean, standard_deviation),
            convolutions,
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(512, classes),
        )
