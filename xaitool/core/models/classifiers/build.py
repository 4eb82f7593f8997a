"""Classifiers by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from torch import nn

from xaitool import registry
from xaitool.core.models.classifiers import torchvision_models
from xaitool.core.models.classifiers.torchvision_models import Weights
from xaitool.core.models.classifiers.transfer import build_transfer
from xaitool.errors import ModelError, UnknownNameError
from xaitool.near_names import near_names


def build_classifier(
    architecture: str,
    *,
    shape: tuple[int, int, int],
    classes: int,
    mean: Sequence[float],
    standard_deviation: Sequence[float],
    transfer: bool = False,
    head: int | None = None,
    freeze_backbone: bool = False,
    weights: Weights | None = None,
) -> nn.Module:
    """Build a classifier: images in [0, 1] to logits ``(N, K)``.

    Args:
        architecture: A registered name or one of torchvision's classification networks, with or
            without ``torchvision:`` before it. Registered names never hide torchvision's:
            ``resnet18`` is torchvision's, ``cifar-resnet18`` the form for small images.
        shape: Image shape ``(C, H, W)``.
        classes: Number K of logits.
        mean: Of the images, one value a channel, in pixel units of [0, 1].
        standard_deviation: One positive value a channel.
        transfer: Whether the last layer is a new one on a network of torchvision; see
            `build_transfer`. The next three imply it; a checkpoint says it.
        head: Units of the hidden layer of the new head.
        freeze_backbone: Whether only that head is trained.
        weights: torchvision's ImageNet weights of what is below the head, or what gives them once
            all else fits; None: random.

    Raises:
        UnknownNameError: There is no such architecture.
        ModelError: The images are too small, the normalisation or the weights do not fit, or a
            new head is asked for on what has no backbone.
    """
    transfers = transfer or head is not None or freeze_backbone or weights is not None
    if transfers and architecture in registry.names("architecture"):
        raise ModelError(
            f"architecture {architecture} is trained as a whole, but a new head or given weights "
            "want one of torchvision's",
            hint="--architecture mobilenet_v2",
        )
    if architecture in registry.names("architecture"):
        network: nn.Module = registry.load("architecture", architecture)(
            shape, classes, mean, standard_deviation
        )
        return network
    check_architecture(architecture)
    name = architecture.removeprefix("torchvision:")
    facts: _Facts = {"shape": shape, "mean": mean, "standard_deviation": standard_deviation}
    if not transfers:
        return torchvision_models.build(name, classes, **facts)
    return build_transfer(
        name, classes, head=head, freeze=freeze_backbone, weights=weights, **facts
    )


def check_architecture(architecture: str) -> None:
    """Refuse a name that nothing has.

    Raises:
        UnknownNameError: It is no registered name and none of torchvision's.
    """
    name, own = architecture.removeprefix("torchvision:"), registry.names("architecture")
    if architecture not in own and name not in torchvision_models.names():
        near = near_names(name, torchvision_models.names())
        raise UnknownNameError(
            "architecture",
            architecture,
            [*own, *near],
            also=", any classification network of torchvision, or package.module:factory",
        )


class _Facts(TypedDict):
    shape: tuple[int, int, int]
    mean: Sequence[float]
    standard_deviation: Sequence[float]
