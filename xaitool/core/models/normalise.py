"""Normalisation as a network's first layer, so that a model's input is always pixels in [0, 1]."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class Normalise(nn.Module):
    """``(x - mean) / standard_deviation`` per channel.

    Args:
        mean: One value a channel, in pixel units of [0, 1].
        standard_deviation: One positive value a channel, same units.

    Example:
        A network on normalised images becomes one on pixels:

        >>> import torch
        >>> import xaitool
        >>> _ = torch.manual_seed(0)
        >>> network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(192, 10))
        >>> normalise = xaitool.Normalise([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
        >>> model = torch.nn.Sequential(normalise, network)
        >>> xaitool.attribute(model, torch.rand(2, 3, 8, 8), "saliency").values.shape
        torch.Size([2, 3, 8, 8])
    """

    def __init__(self, mean: Sequence[float], standard_deviation: Sequence[float]) -> None:
        super().__init__()
        self.mean: Tensor
        self.standard_deviation: Tensor
        self.register_buffer("mean", torch.tensor(mean).view(1, -1, 1, 1))
        self.register_buffer(
            "standard_deviation", torch.tensor(standard_deviation).view(1, -1, 1, 1)
        )

    def forward(self, images: Tensor) -> Tensor:
        """Normalise ``(N, C, H, W)``."""
        return (images - self.mean) / self.standard_deviation
