"""What networks for small images share: the first convolution, and how convolutions start."""

from __future__ import annotations

from typing import TypeVar

from torch import nn

Network = TypeVar("Network", bound=nn.Module)


def small_image_stem(channels: int, width: int) -> nn.Conv2d:
    """A 3x3 convolution of stride 1 that keeps the size.

    Args:
        channels: Of the images.
        width: Feature maps.
    """
    return he_initialised(nn.Conv2d(channels, width, 3, padding=1, bias=False))


def he_initialised(network: Network) -> Network:
    """The same network, its convolutions drawn as He et al. 2015 do, by their outputs."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return network
