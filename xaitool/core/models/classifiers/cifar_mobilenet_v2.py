"""MobileNetV2 for small images."""

from __future__ import annotations

from torch import nn
from torchvision.models import mobilenet_v2

from xaitool.core.models.classifiers.base import SmallClassifier
from xaitool.core.models.classifiers.small_images import small_image_stem

_STAGES = [
    [1, 16, 1, 1],
    [6, 24, 2, 1],
    [6, 32, 3, 2],
    [6, 64, 4, 2],
    [6, 96, 3, 1],
    [6, 160, 3, 2],
    [6, 320, 1, 1],
]
"""Expansion, channels, blocks and stride of each stage; the second stage's stride is 2 for
ImageNet."""


class CifarMobileNetV2(SmallClassifier):
    """torchvision's MobileNetV2 with small images' strides: logits ``(N, K)`` from [0, 1].

    Sandler et al. 2018 in its usual form for CIFAR-10, which the LGL-INR paper's "publicly
    available implementation" is taken to be (its reference is to the first MobileNet): stem and
    second stage have stride 1, so that 32x32 images end as 4x4 maps. Some implementations also
    put a convolution into the shortcut of blocks that widen; here those have none, as in the
    paper of MobileNetV2. 2,236,682 parameters for CIFAR-10.
    """

    name = "cifar-mobilenet-v2"

    def _layers(self, channels: int, positions: int, classes: int) -> list[nn.Module]:
        network = mobilenet_v2(num_classes=classes, inverted_residual_setting=_STAGES)
        network.features[0][0] = small_image_stem(channels, 32)
        return [network]
