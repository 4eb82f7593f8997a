"""An image's own mean colour as a baseline."""

from __future__ import annotations

from torch import Tensor

from xaitool.core.baselines.base import Baseline
from xaitool.core.batching import ROWS
from xaitool.core.score import Score


class Mean(Baseline):
    """One image of a single colour: the mean of each channel over the pixels of the sample.

    It keeps the sample's brightness and hue and takes away every shape. The mean colour of a
    dataset, which others call by the same name, is `GivenImage` with that colour.

    Example:
        >>> import torch
        >>> from xaitool.core.baselines.mean import Mean
        >>> from xaitool.core.score import Score
        >>> _ = torch.manual_seed(0)
        >>> images = torch.rand(2, 3, 8, 8)
        >>> references = Mean().for_images(images, Score(torch.tensor([3, 5])))
        >>> torch.allclose(references[:, 0].mean((2, 3)), images.mean((2, 3)))
        True
        >>> len(references[0, 0, 2].unique())
        1
    """

    def for_images(self, images: Tensor, score: Score, *, rows: int = ROWS) -> Tensor:
        """References ``(N, 1, C, H, W)``, an expanded view of one colour a sample."""
        return images.mean((2, 3), keepdim=True).expand_as(images).unsqueeze(1)
