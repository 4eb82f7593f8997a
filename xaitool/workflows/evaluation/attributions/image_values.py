"""What a metric measures of the attributions of images: none, one or several numbers of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from xaitool.core.metrics.statistics.defined_mean import defined_mean

Row = dict[str, Any]


@dataclass(frozen=True)
class ImageValues:
    """Numbers of one metric, each of an image.

    Attributes:
        metric: Its registered name.
        values: float64 ``(n,)`` on the CPU; NaN where undefined.
        images: Place of each one's image, int64 ``(n,)``.
        kind: What the numbers are of, where a metric measures several things.
        counts: What else was counted.
        drawn: What a picture shows of them, see `DrawableRow`.
    """

    metric: str
    values: Tensor
    images: Tensor
    kind: Row = field(default_factory=dict)
    counts: Row = field(default_factory=dict)
    drawn: Row = field(default_factory=dict)

    @property
    def defined(self) -> ImageValues:
        """Those that are not NaN."""
        kept = ~self.values.isnan()
        return ImageValues(self.metric, self.values[kept], self.images[kept], self.kind)

    def row(self) -> Row:
        """Mean and spread; what is undefined, such as of attributions of zeros, is counted."""
        mean = defined_mean(self.values)
        spread = self.defined.values
        return {
            "metric": self.metric,
            "value": mean.value,
            "n": mean.count,
            "std": spread.std(correction=0).item() if mean.count else None,
            "undefined": mean.undefined,
            **self.kind,
            **self.counts,
        }


def joined(parts: Sequence[Tensor]) -> Tensor:
    """Parts one after the other; empty where there are none."""
    return torch.cat(list(parts)) if parts else torch.empty(0, dtype=torch.float64)
