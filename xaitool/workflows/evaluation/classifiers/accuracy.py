"""How good a classifier is, and how sure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from xaitool.core.metrics.classification.accuracy import Accuracy
from xaitool.core.metrics.classification.calibration import Calibration
from xaitool.core.metrics.classification.confusion import Confusion
from xaitool.core.metrics.classification.probability_gap import ProbabilityGap
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.subjects import load_measured, measured_logits
from xaitool.workflows.models.classifier import probabilities_of, probability_name
from xaitool.workflows.runs.context import Context

Row = dict[str, Any]


def measure_classifier(
    path: Path,
    metrics: tuple[str, ...],
    context: Context[EvaluateConfig],
) -> Iterator[Row]:
    """Rows of a classifier, on the dataset that the options name, else that of its training.

    Args:
        path: Its checkpoint or run.
        metrics: Some of ``accuracy``, ``confusion`` and ``probability-gaps``.
        context: The options, where it computes, and whom it tells.

    Yields:
        ``accuracy``: ``value``, its Wilson interval ``low`` and ``high``, ``ece``, the expected
        calibration error, ``confidence``, the mean probability of the predicted class,
        ``probability``, ``softmax`` or ``sigmoid``, whichever the training loss makes of the
        outputs, and ``per_class``, the accuracy by true class, None for one without samples.
        ``confusion``: for every true class its accuracy and how often which was predicted.
        ``probability-gaps``: ``value``, the mean probability of the true class less that of the
        most probable false one, ``std`` over the images, ``probability`` and ``per_class``.

    Raises:
        InputError: The checkpoint or the dataset does not fit.
    """
    classifier, dataset = load_measured(path, context.config, context.runtime)
    confusion, accuracy = Confusion(), Accuracy()
    calibration, gap = Calibration(), ProbabilityGap()
    for logits, labels in measured_logits(classifier, dataset, context):
        probabilities = probabilities_of(classifier, logits)
        confusion.update(logits, labels)
        accuracy.update(logits, labels)
        calibration.update(probabilities, labels)
        gap.update(probabilities, labels)
    common = {"source": str(path), "probability": probability_name(classifier)}
    for metric in metrics:
        if metric == "accuracy":
            yield _accuracy_row(accuracy, calibration, dataset.classes, common)
        elif metric == "probability-gaps":
            yield _gap_row(gap, dataset.classes, common)
        else:
            yield from _confusion_rows(confusion, dataset.classes, str(path))


def _accuracy_row(
    accuracy: Accuracy, calibration: Calibration, classes: Sequence[str], common: Row
) -> Row:
    result, sureness = accuracy.compute(), calibration.compute()
    low, high = result.interval
    return {
        "metric": "accuracy",
        "value": result.value,
        "n": result.count,
        "source": common["source"],
        "low": low,
        "high": high,
        "ece": sureness.error,
        "confidence": sureness.confidence,
        "probability": common["probability"],
        "per_class": dict(zip(classes, result.per_class, strict=True)),
    }


def _gap_row(gap: ProbabilityGap, classes: Sequence[str], common: Row) -> Row:
    result = gap.compute()
    spread = result.standard_deviation
    return {
        "metric": "probability-gaps",
        "value": result.mean,
        "n": result.count,
        "source": common["source"],
        "std": None if math.isnan(spread) else spread,
        "probability": common["probability"],
        "per_class": dict(zip(classes, result.per_class, strict=True)),
    }


def _confusion_rows(confusion: Confusion, classes: Sequence[str], source: str) -> Iterator[Row]:
    """A row for every true class: its accuracy, and how often which class was predicted."""
    for index, counts in enumerate(confusion.compute().tolist()):
        total = sum(counts)
        predicted = {name: count for name, count in zip(classes, counts, strict=True) if count}
        yield {
            "metric": "confusion",
            "value": counts[index] / total if total else None,
            "n": total,
            "source": source,
            "label": classes[index],
            "predicted": predicted,
        }
