"""References drawn from a dataset, the same for every sample."""

from __future__ import annotations

from torch import Tensor

from xaitool.core.baselines.base import Baseline, Need
from xaitool.core.batching import ROWS
from xaitool.core.score import Score
from xaitool.errors import ShapeError


class DatasetReferences(Baseline):
    """References that were drawn already.

    Args:
        references: ``(K, C, H, W)`` in [0, 1], floating, K at least 1.

    Raises:
        ShapeError: `references` is not that.

    Example:
        >>> import torch
        >>> from xaitool.core.baselines.dataset import DatasetReferences
        >>> from xaitool.core.score import Score
        >>> _ = torch.manual_seed(0)
        >>> images = torch.rand(2, 3, 8, 8)
        >>> training_images = torch.rand(20, 3, 8, 8)
        >>> baseline = DatasetReferences(training_images)
        >>> references = baseline.for_images(images, Score(torch.tensor([3, 5])))
        >>> references.shape
        torch.Size([2, 20, 3, 8, 8])
        >>> torch.equal(references[0], references[1])
        True
    """

    needs = frozenset({Need.REFERENCES})

    def __init__(self, references: Tensor) -> None:
        super().__init__()
        if references.ndim != 4 or not len(references) or not references.is_floating_point():
            raise ShapeError(
                f"references are {references.dtype} {tuple(references.shape)}, but floating "
                "(K, C, H, W) with K at least 1 is wanted"
            )
        self.references = references

    def for_images(self, images: Tensor, score: Score, *, rows: int = ROWS) -> Tensor:
        """References ``(N, K, C, H, W)``, an expanded view.

        Raises:
            ShapeError: The images are of another shape than the references.
        """
        if images.shape[1:] != self.references.shape[1:]:
            raise ShapeError(
                f"images are {tuple(images.shape[1:])}, but the references are "
                f"{tuple(self.references.shape[1:])}"
            )
        return self.references.to(images).expand(len(images), *self.references.shape)
