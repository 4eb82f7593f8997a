"""The white image as a baseline."""

from __future__ import annotations

from torch import Tensor

from xaitool.core.baselines.base import Baseline
from xaitool.core.batching import ROWS
from xaitool.core.score import Score


class Maximum(Baseline):
    """One white image: 1 in pixel space, whatever the model's normalisation.

    Example:
        >>> import torch
        >>> from xaitool.core.baselines.maximum import Maximum
        >>> from xaitool.core.score import Score
        >>> _ = torch.manual_seed(0)
        >>> images = torch.rand(2, 3, 8, 8)
        >>> references = Maximum().for_images(images, Score(torch.tensor([3, 5])))
        >>> references.shape, bool((references == 1).all())
        (torch.Size([2, 1, 3, 8, 8]), True)
    """

    def for_images(self, images: Tensor, score: Score, *, rows: int = ROWS) -> Tensor:
        """References ``(N, 1, C, H, W)``, an expanded view of one number."""
        return images.new_ones(()).expand(len(images), 1, *images.shape[1:])
