"""A new head on a network of torchvision, frozen or not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from torch import Tensor, nn

from xaitool.core.models.classifiers import torchvision_models
from xaitool.core.models.classifiers.torchvision_models import Weights
from xaitool.errors import ModelError

_IMAGENET_CLASSES = 1000


class TransferClassifier(nn.Module):
    """A backbone without its last layer, and a head: logits ``(N, K)`` from [0, 1].

    The head is ``linear - ReLU - linear``, or one linear layer. GANMEX trains the first on a
    frozen MobileNet with 1024 units, after global pooling (the paper) or a 2x2 average pooling
    (its code); here the pooling is the network's own, which is global in all that have one.

    A frozen backbone gets no gradient and stays in eval mode, also within ``train()``, so that
    neither its batch statistics nor its dropout change while the head learns. Gradients still
    reach the images.

    Args:
        backbone: From images to features ``(N, F)``.
        features: F.
        classes: Number K of logits.
        head: Units of the hidden layer; None: one linear layer.
        freeze: Whether only the head is trained.
    """

    def __init__(
        self, backbone: nn.Module, features: int, classes: int, *, head: int | None, freeze: bool
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.freeze = freeze
        self.head: nn.Module = nn.Linear(features, classes)
        if head is not None:
            hidden = nn.Linear(features, head)
            self.head = nn.Sequential(hidden, nn.ReLU(), nn.Linear(head, classes))
        if freeze:
            self.backbone.requires_grad_(False)
        self.train()

    def train(self, mode: bool = True) -> Self:
        """As of any module, but a frozen backbone stays in eval mode."""
        super().train(mode)
        if self.freeze:
            self.backbone.eval()
        return self

    def forward(self, images: Tensor) -> Tensor:
        """Logits ``(N, K)`` of images ``(N, C, H, W)`` in [0, 1]."""
        logits: Tensor = self.head(self.backbone(images))
        return logits


def build_transfer(
    name: str,
    classes: int,
    *,
    shape: tuple[int, int, int],
    mean: Sequence[float],
    standard_deviation: Sequence[float],
    head: int | None = None,
    freeze: bool = False,
    weights: Weights | None = None,
) -> TransferClassifier:
    """Build a network of torchvision whose last layer is a new head.

    Args:
        name: One of `torchvision_models.names`.
        classes: Number K of logits.
        shape: Image shape ``(C, H, W)``, C 1 or 3.
        mean: Of the images, one value a channel, in pixel units of [0, 1]; those that the weights
            were trained with.
        standard_deviation: One positive value a channel.
        head: Units of the head's hidden layer; None: the head is one linear layer.
        freeze: Whether only the head is trained.
        weights: torchvision's state dict for this network and ImageNet's 1000 classes, as
            `torchvision_models.download_weights` gives it, or what gives it once all else fits;
            None: random, to be filled from a checkpoint.

    Raises:
        UnknownNameError: torchvision has no such classification network.
        ModelError: The images or the weights do not fit, the network's last layer is not linear,
            or there is no class or hidden unit.
    """
    if classes < 1 or (head is not None and head < 1):
        raise ModelError(
            f"{name} has a head of {head} units for {classes} classes, "
            "but at least 1 each is wanted"
        )
    backbone = torchvision_models.build(
        name,
        _IMAGENET_CLASSES,
        shape=shape,
        mean=mean,
        standard_deviation=standard_deviation,
    )
    path, last = _last_linear(backbone, name)
    if weights is not None:
        torchvision_models.fill(backbone, name, weights)
    backbone.set_submodule(path, nn.Identity())
    return TransferClassifier(backbone, last.in_features, classes, head=head, freeze=freeze)


def _last_linear(backbone: nn.Module, name: str) -> tuple[str, nn.Linear]:
    """The last linear layer, which in torchvision's networks is also declared last."""
    layers = [one for one in backbone.named_modules() if isinstance(one[1], nn.Linear)]
    path, layer = layers[-1] if layers else ("", None)
    if not isinstance(layer, nn.Linear) or layer.out_features != _IMAGENET_CLASSES:
        raise ModelError(
            f"{name} ends in no linear layer, but a new head wants one to replace",
            hint="mobilenet_v2 or a ResNet has one",
        )
    return path, layer
