"""The path between colours that are channels: known exactly, without any model."""

from __future__ import annotations

import torch
from torch import Tensor

from xaitool.core.batching import ROWS
from xaitool.core.counterfactuals.base import CounterfactualPath
from xaitool.errors import ShapeError


class RecolouringPath(CounterfactualPath):
    """A straight line from an image to the same grey levels in another channel.

    The grey level of a pixel is its largest channel. At place 0 is the image exactly, at 1 all
    channels but that of the other colour are zero. So the published code of Qiang et al. 2022 (CIA)
    explains digits, without the autoencoder that the paper describes. The image's own attribute is
    not looked at: the image is where the line begins.

    Args:
        colours: How many colours there are; the colour i is the channel i.
    """

    def __init__(self, colours: int = 2) -> None:
        self.colours = colours

    def points(
        self,
        images: Tensor,
        labels: Tensor,
        attributes: Tensor,
        counterfactual: Tensor,
        places: Tensor,
        rows: int = ROWS,
    ) -> Tensor:
        """See `CounterfactualPath.points`; A is 1, and the labels play no part."""
        self._check(images)
        for values in (attributes, counterfactual):
            if tuple(values.shape) != (len(images), 1):
                raise ShapeError(
                    f"the attributes are {tuple(values.shape)}, but ({len(images)}, 1) is wanted: "
                    "a recolouring changes the colour alone"
                )
        start = images.detach()
        grey = start.amax(1)
        end = torch.zeros_like(start)
        end[torch.arange(len(start), device=start.device), counterfactual[:, 0]] = grey
        shares = places.to(start).view(1, -1, 1, 1, 1)
        return torch.lerp(start[:, None], end[:, None], shares)

    def infer(self, images: Tensor, labels: Tensor, rows: int = ROWS) -> Tensor:
        """The channel of the largest sum; of equal ones the first."""
        self._check(images)
        sums = images[:, : self.colours].detach().double().flatten(2).sum(2)
        return sums.argmax(1, keepdim=True)

    def _check(self, images: Tensor) -> None:
        if images.ndim != 4 or images.shape[1] < self.colours:
            raise ShapeError(
                f"the images are {tuple(images.shape)}, but (N, C, H, W) with a channel for each "
                f"of {self.colours} colours is wanted"
            )
