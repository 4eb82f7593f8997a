"""How few pixels the maps of an attribution file dwell on."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from xaitool.core.metrics.explanation.gini import gini_index
from xaitool.core.metrics.statistics.defined_mean import defined_mean
from xaitool.io.attributions import AttributionFile, AttributionRows
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.attributions.maps import Row, one_vs_one_maps


class MapSparseness:
    """The Gini index of each image's map; where it has one for each class, the mean of theirs."""

    def __init__(
        self, file: AttributionFile, first: AttributionRows, config: EvaluateConfig
    ) -> None:
        self._found: list[Tensor] = []

    def update(self, samples: AttributionRows) -> None:
        """Measure some."""
        maps = one_vs_one_maps(samples)
        found = gini_index(maps.values)
        self._found += [found[maps.sample == row].nanmean() for row in range(len(samples))]

    def rows(self) -> Iterator[Row]:
        """Mean and spread over the images; maps of zeros are left out and counted."""
        found = torch.stack(self._found)
        mean = defined_mean(found)
        yield {
            "metric": "gini",
            "value": mean.value,
            "n": mean.count,
            "std": found[~found.isnan()].std(correction=0).item() if mean.count else None,
            "undefined": mean.undefined,
        }
