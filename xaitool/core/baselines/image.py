"""A given image as a baseline."""

from __future__ import annotations

from torch import Tensor

from xaitool.core.baselines.dataset import DatasetReferences


class GivenImage(DatasetReferences):
    """One image, the same for every sample.

    Args:
        image: ``(C, H, W)`` in [0, 1], floating.

    Raises:
        ShapeError: `image` is not that.
    """

    needs = frozenset({"image"})

    def __init__(self, image: Tensor) -> None:
        super().__init__(image.unsqueeze(0))
