"""A judge that was never trained, and generators whose images are known."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from xaitool.core.models.classifiers.lenet5 import LeNet5
from xaitool.core.models.gans.images import from_pixels
from xaitool.data.load import load_dataset
from xaitool.workflows.features.lenet import FeatureNetwork

CPU = torch.device("cpu")
DIGITS = load_dataset("digits", "train")
NAMES = tuple(str(number) for number in range(10))


class Copies(nn.Module):
    """A generator whose noise says which of some images it shows, in some brightness."""

    def __init__(self, images: Tensor, brightness: float = 1.0) -> None:
        super().__init__()
        self.images = images
        self.brightness = brightness

    def forward(self, noise: Tensor) -> Tensor:
        return from_pixels(self.images[noise.flatten(1)[:, 0].long()] * self.brightness)


def untrained_network() -> FeatureNetwork:
    """It tells classes apart in some way, without a training."""
    torch.manual_seed(0)
    model = LeNet5(DIGITS.shape, 10, [0.3], [0.4]).eval().requires_grad_(False)
    model.head.weight.normal_(0, 30)
    return FeatureNetwork(model, "0", 0.0, "digits", DIGITS.shape, NAMES)


def numbers(count: int) -> Tensor:
    return torch.arange(count).float()[:, None]


class Counting:
    """A network that counts the images it has looked at."""

    def __init__(self, network: FeatureNetwork) -> None:
        self.network = network
        self.seen = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.network, name)

    def both(self, images: Tensor) -> tuple[Tensor, Tensor | None]:
        self.seen += len(images)
        return self.network.both(images)
