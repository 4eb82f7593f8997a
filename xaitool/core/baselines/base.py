"""What a baseline is: reference images that stand for the absence of what is explained."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor

from xaitool.core.score import Score


class Baseline(ABC):
    """Makes R reference images for each sample; the same for explainers, metrics and guidance."""

    @abstractmethod
    def for_images(self, images: Tensor, score: Score) -> Tensor:
        """References for a batch.

        Args:
            images: ``(N, C, H, W)`` in [0, 1].
            score: What is explained of them.

        Returns:
            ``(N, R, C, H, W)`` in [0, 1], same dtype and device; may be an expanded view.
        """
