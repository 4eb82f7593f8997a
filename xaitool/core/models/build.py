"""Classifiers by name."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from torch import nn

from xaitool import registry
from xaitool.core.models import torchvision_models
from xaitool.errors import UnknownNameError


def build_classifier(
    architecture: str,
    *,
    shape: tuple[int, int, int],
    classes: int,
    mean: Sequence[float],
    standard_deviation: Sequence[float],
) -> nn.Module:
    """Build a classifier with random weights: images in [0, 1] to logits ``(N, K)``.

    Args:
        architecture: A registered name or one of torchvision's classification networks, with or
            without ``torchvision:`` before it.
        shape: Image shape ``(C, H, W)``.
        classes: Number K of logits.
        mean: Of the images, one value a channel, in pixel units of [0, 1].
        standard_deviation: One positive value a channel.

    Raises:
        UnknownNameError: There is no such architecture.
        ModelError: The images are too small, or the normalisation does not fit.
    """
    if architecture in registry.names("architecture"):
        network: nn.Module = registry.load("architecture", architecture)(
            shape, classes, mean, standard_deviation
        )
        return network
    name = architecture.removeprefix("torchvision:")
    if name not in torchvision_models.names():
        near = difflib.get_close_matches(name, torchvision_models.names())
        raise UnknownNameError(
            "architecture",
            architecture,
            [*registry.names("architecture"), *near],
            also=", or any classification network of torchvision",
        )
    return torchvision_models.build(
        name, classes, shape=shape, mean=mean, standard_deviation=standard_deviation
    )
