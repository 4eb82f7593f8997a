"""ResNet-18 for small images."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn
from torchvision.models import resnet18

from xaitool.core.models.classifiers.sizes import check_classifier
from xaitool.core.models.classifiers.small_images import small_image_stem
from xaitool.core.models.normalise import Normalise


class CifarResNet18(nn.Sequential):
    """torchvision's ResNet-18 with a stem for small images: logits ``(N, K)`` from [0, 1].

    He et al. 2016 in its usual form for CIFAR-10, which the LGL-INR paper's "publicly available
    implementation" is taken to be: a 3x3 stem of stride 1 and no max-pooling, everything else as
    for ImageNet, so that 32x32 images end as 4x4 maps of 512. 11,173,962 parameters for CIFAR-10.

    Args:
        shape: Image shape ``(C, H, W)``.
        classes: Number K of logits.
        mean: Of the images, one value a channel, in pixel units of [0, 1].
        standard_deviation: One positive value a channel.

    Raises:
        ModelError: The normalisation does not fit.
    """

    def __init__(
        self,
        shape: tuple[int, int, int],
        classes: int,
        mean: Sequence[float],
        standard_deviation: Sequence[float],
    ) -> None:
        check_classifier("cifar-resnet18", shape, classes, mean, standard_deviation)
        network = resnet18(num_classes=classes)
        network.conv1 = small_image_stem(shape[0], 64)
        network.maxpool = nn.Identity()
        super().__init__(Normalise(mean, standard_deviation), network)
