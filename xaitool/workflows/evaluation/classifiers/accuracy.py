"""How good a classifier is, and how sure."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor

from xaitool.core.metrics.classification.accuracy import Accuracy
from xaitool.core.metrics.classification.calibration import Calibration
from xaitool.workflows.evaluation.classifiers.logits import Row
from xaitool.workflows.evaluation.drawable import DrawableRow
from xaitool.workflows.models.classifier import Classifier, probabilities_of, probability_name


class MeasuredAccuracy:
    """``accuracy``."""

    def __init__(self, classifier: Classifier, classes: tuple[str, ...]) -> None:
        self._classifier = classifier
        self._classes = classes
        self._accuracy, self._calibration = Accuracy(), Calibration()

    def update(self, logits: Tensor, labels: Tensor) -> None:
        """See `LogitMetric`."""
        self._accuracy.update(logits, labels)
        self._calibration.update(probabilities_of(self._classifier, logits), labels)

    def rows(self, source: str) -> Iterator[Row]:
        """One row.

        Yields:
            ``value``, its Wilson interval ``low`` and ``high``, ``ece``, the expected calibration
            error, ``confidence``, the mean probability of the predicted class, ``probability``,
            ``softmax`` or ``sigmoid``, whichever the training loss makes of the outputs, and
            ``per_class``, the accuracy by true class, None for one without samples.
        """
        result, sureness = self._accuracy.compute(), self._calibration.compute()
        low, high = result.interval
        used = sureness.bin_count > 0
        row = {
            "metric": "accuracy",
            "value": result.value,
            "n": result.count,
            "source": source,
            "low": low,
            "high": high,
            "ece": sureness.error,
            "confidence": sureness.confidence,
            "probability": probability_name(self._classifier),
            "per_class": dict(zip(self._classes, result.per_class, strict=True)),
        }
        yield DrawableRow(
            row,
            confidence=sureness.bin_confidence[used].tolist(),
            accuracy=sureness.bin_accuracy[used].tolist(),
        )
