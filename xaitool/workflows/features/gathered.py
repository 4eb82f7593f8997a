"""All that a judge needs to know of a set of images, gathered batch by batch."""

from __future__ import annotations

from typing import Self

import torch
from torch import Tensor

from xaitool.core.metrics.generation.feature_statistics import FeatureStatistics
from xaitool.core.metrics.generation.pixel_deviation import PixelStatistics
from xaitool.workflows.features.source import ImageFeatures


class GatheredFeatures:
    """Features, their statistics, those of the pixels, and how many images are of which class.

    Images themselves are not kept.

    Attributes:
        statistics: Of the features, in float64.
        pixels: Of the images, in float64.
        class_counts: How many images the network puts into each class, int64 ``(K,)``; None where
            it does not say.
    """

    def __init__(self) -> None:
        self.statistics = FeatureStatistics()
        self.pixels = PixelStatistics()
        self.class_counts: Tensor | None = None
        self._features: list[Tensor] = []

    def update(self, network: ImageFeatures, images: Tensor) -> None:
        """Add a batch ``(B, C, H, W)`` in [0, 1]."""
        features, logits = network.both(images)
        self._features.append(features)
        self.statistics.update(features)
        self.pixels.update(images)
        if logits is not None:
            counts = logits.argmax(1).bincount(minlength=logits.shape[1])
            self.class_counts = counts if self.class_counts is None else self.class_counts + counts

    @property
    def features(self) -> Tensor:
        """``(N, D)``, in the order in which they came, in the dtype of the network."""
        if len(self._features) > 1:
            self._features = [torch.cat(self._features)]
        return self._features[0]

    def to_dict(self) -> dict[str, Tensor]:
        """The state as a flat mapping of tensors, for a cache."""
        state = {"features": self.features}
        for part in ("statistics", "pixels"):
            state |= {f"{part}.{key}": one for key, one in getattr(self, part).to_dict().items()}
        return state | ({} if self.class_counts is None else {"class_counts": self.class_counts})

    @classmethod
    def from_dict(cls, state: dict[str, Tensor]) -> Self:
        """The inverse of `to_dict`; the result is on the device of the tensors.

        Raises:
            KeyError: The state does not come from `to_dict`.
        """
        gathered = cls()
        gathered._features = [state["features"]]
        gathered.statistics = FeatureStatistics.from_dict(_part(state, "statistics."))
        gathered.pixels = PixelStatistics.from_dict(_part(state, "pixels."))
        gathered.class_counts = state.get("class_counts")
        return gathered


def _part(state: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {key.removeprefix(prefix): one for key, one in state.items() if key.startswith(prefix)}
