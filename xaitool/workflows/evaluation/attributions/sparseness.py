"""How few pixels the attributions of an attribution file dwell on."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor

from xaitool.core.metrics.explanation.gini import gini_index
from xaitool.io.attributions import AttributionRows
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.attributions.image_values import ImageValues, Row, joined
from xaitool.workflows.evaluation.attributions.stored_attributions import (
    Source,
    one_vs_one_attributions,
)


class Sparseness:
    """The Gini index of each image's attribution; of one for each class, the mean of theirs."""

    def __init__(self, file: Source, first: AttributionRows, config: EvaluateConfig) -> None:
        self._indices: list[Tensor] = []
        self._images: list[Tensor] = []

    def update(self, samples: AttributionRows) -> None:
        """Measure some."""
        attributions = one_vs_one_attributions(samples)
        indices = gini_index(attributions.values)
        self._indices += [
            indices[attributions.sample == row].nanmean()[None] for row in range(len(samples))
        ]
        self._images.append(samples.index)

    def rows(self) -> Iterator[Row]:
        """Mean and spread over the images; attributions of zeros are left out and counted."""
        yield from (one.row() for one in self.measured())

    def measured(self) -> list[ImageValues]:
        """A number an image."""
        return [ImageValues("gini", joined(self._indices), joined(self._images))]
