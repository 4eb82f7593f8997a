"""ResNet-18 for small images."""

from __future__ import annotations

from torch import nn
from torchvision.models import resnet18

from xaitool.core.models.classifiers.base import SmallClassifier
from xaitool.core.models.classifiers.small_images import small_image_stem


class CifarResNet18(SmallClassifier):
    """torchvision's ResNet-18 with a stem for small images: logits ``(N, K)`` from [0, 1].

    He et al. 2016 in its usual form for CIFAR-10, which the LGL-INR paper's "publicly available
    implementation" is taken to be: a 3x3 stem of stride 1 and no max-pooling, everything else as
    for ImageNet, so that 32x32 images end as 4x4 maps of 512. 11,173,962 parameters for CIFAR-10.
    """

    name = "cifar-resnet18"

    def _layers(self, channels: int, positions: int, classes: int) -> list[nn.Module]:
        network = resnet18(num_classes=classes)
        network.conv1 = small_image_stem(channels, 64)
        network.maxpool = nn.Identity()
        return [network]
