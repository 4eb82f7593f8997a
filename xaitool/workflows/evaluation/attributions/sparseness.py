"""How few pixels the attributions of an attribution file dwell on."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from xaitool.core.metrics.explanation.gini import gini_index
from xaitool.core.metrics.statistics.defined_mean import defined_mean
from xaitool.io.attributions import AttributionFile, AttributionRows
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.attributions.stored_attributions import (
    Row,
    one_vs_one_attributions,
)


class Sparseness:
    """The Gini index of each image's attribution; of one for each class, the mean of theirs."""

    def __init__(
        self, file: AttributionFile, first: AttributionRows, config: EvaluateConfig
    ) -> None:
        self._indices: list[Tensor] = []

    def update(self, samples: AttributionRows) -> None:
        """Measure some."""
        attributions = one_vs_one_attributions(samples)
        indices = gini_index(attributions.values)
        self._indices += [
            indices[attributions.sample == row].nanmean() for row in range(len(samples))
        ]

    def rows(self) -> Iterator[Row]:
        """Mean and spread over the images; attributions of zeros are left out and counted."""
        indices = torch.stack(self._indices)
        mean = defined_mean(indices)
        yield {
            "metric": "gini",
            "value": mean.value,
            "n": mean.count,
            "std": indices[~indices.isnan()].std(correction=0).item() if mean.count else None,
            "undefined": mean.undefined,
        }
