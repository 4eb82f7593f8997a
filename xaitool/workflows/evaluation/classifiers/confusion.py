"""Which classes a classifier takes for which."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor

from xaitool.core.metrics.classification.confusion import Confusion
from xaitool.workflows.evaluation.classifiers.logits import Row
from xaitool.workflows.models.classifier import Classifier


class MeasuredConfusion:
    """``confusion``."""

    def __init__(self, classifier: Classifier, classes: tuple[str, ...]) -> None:
        self._classes = classes
        self._confusion = Confusion()

    def update(self, logits: Tensor, labels: Tensor) -> None:
        """See `LogitMetric`."""
        self._confusion.update(logits, labels)

    def rows(self, source: str) -> Iterator[Row]:
        """A row for every true class, ``label``: its accuracy, and how often what was predicted."""
        for index, counts in enumerate(self._confusion.compute().tolist()):
            total = sum(counts)
            named = zip(self._classes, counts, strict=True)
            yield {
                "metric": "confusion",
                "value": counts[index] / total if total else None,
                "n": total,
                "source": source,
                "label": self._classes[index],
                "predicted": {name: count for name, count in named if count},
            }
