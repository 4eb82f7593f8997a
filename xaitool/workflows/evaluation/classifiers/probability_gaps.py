"""How far a classifier's true classes lead over the most probable false ones."""

from __future__ import annotations

import math
from collections.abc import Iterator

from torch import Tensor

from xaitool.core.metrics.classification.probability_gap import ProbabilityGap
from xaitool.workflows.evaluation.classifiers.logits import Row
from xaitool.workflows.models.classifier import Classifier, probabilities_of, probability_name


class MeasuredProbabilityGaps:
    """``probability-gaps``."""

    def __init__(self, classifier: Classifier, classes: tuple[str, ...]) -> None:
        self._classifier = classifier
        self._classes = classes
        self._gap = ProbabilityGap()

    def update(self, logits: Tensor, labels: Tensor) -> None:
        """See `LogitMetric`."""
        self._gap.update(probabilities_of(self._classifier, logits), labels)

    def rows(self, source: str) -> Iterator[Row]:
        """One row.

        Yields:
            ``value``, the mean probability of the true class less that of the most probable false
            one, ``std`` over the images, ``probability``, ``softmax`` or ``sigmoid``, and
            ``per_class``, the mean by true class.
        """
        result = self._gap.compute()
        spread = result.standard_deviation
        yield {
            "metric": "probability-gaps",
            "value": result.mean,
            "n": result.count,
            "source": source,
            "std": None if math.isnan(spread) else spread,
            "probability": probability_name(self._classifier),
            "per_class": dict(zip(self._classes, result.per_class, strict=True)),
        }
