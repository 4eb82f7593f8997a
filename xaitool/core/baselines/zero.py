"""The black image as a baseline."""

from __future__ import annotations

from torch import Tensor

from xaitool.core.baselines.base import Baseline
from xaitool.core.batching import ROWS
from xaitool.core.score import Score


class Zero(Baseline):
    """One black image: 0 in pixel space, whatever the model's normalisation.

    Example:
        >>> import torch
        >>> from xaitool.core.baselines.zero import Zero
        >>> from xaitool.core.score import Score
        >>> _ = torch.manual_seed(0)
        >>> images = torch.rand(2, 3, 8, 8)
        >>> references = Zero().for_images(images, Score(torch.tensor([3, 5])))
        >>> references.shape, int(references.count_nonzero())
        (torch.Size([2, 1, 3, 8, 8]), 0)
    """

    def for_images(self, images: Tensor, score: Score, *, rows: int = ROWS) -> Tensor:
        """References ``(N, 1, C, H, W)``, an expanded view of one zero."""
        return images.new_zeros(()).expand(len(images), 1, *images.shape[1:])
