"""A given image as a baseline."""

from __future__ import annotations

from torch import Tensor

from xaitool.core.baselines.base import Need
from xaitool.core.baselines.dataset import DatasetReferences


class GivenImage(DatasetReferences):
    """One image, the same for every sample.

    Args:
        image: ``(C, H, W)`` in [0, 1], floating.

    Raises:
        ShapeError: `image` is not that.

    Example:
        >>> import torch
        >>> from xaitool.core.baselines.image import GivenImage
        >>> from xaitool.core.score import Score
        >>> _ = torch.manual_seed(0)
        >>> images = torch.rand(2, 3, 8, 8)
        >>> grey = torch.full((3, 8, 8), 0.5)
        >>> references = GivenImage(grey).for_images(images, Score(torch.tensor([3, 5])))
        >>> torch.equal(references, grey.expand(2, 1, 3, 8, 8))
        True
    """

    needs = frozenset({Need.IMAGE})

    def __init__(self, image: Tensor) -> None:
        super().__init__(image.unsqueeze(0))
