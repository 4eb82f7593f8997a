"""How good a classifier is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from xaitool.core.metrics.accuracy import Accuracy
from xaitool.core.metrics.confusion import Confusion
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.measured_classifier import (
    load_measured,
    measured_rows,
    measured_samples,
)
from xaitool.workflows.progress import Reporter
from xaitool.workflows.runtime import Runtime, with_smaller_batches


def measure_classifier(
    path: Path,
    metrics: tuple[str, ...],
    config: EvaluateConfig,
    runtime: Runtime,
    reporter: Reporter,
) -> Iterator[dict[str, Any]]:
    """Rows of a classifier, on the dataset that the options name, else that of its training.

    Args:
        path: Its checkpoint or run.
        metrics: ``accuracy`` and ``confusion``, or one of them.
        config: The options.
        runtime: Where it computes.
        reporter: Told how it goes.

    Raises:
        InputError: The checkpoint or the dataset does not fit.
    """
    classifier, dataset = load_measured(path, config, runtime)
    confusion, accuracy = Confusion(), Accuracy()
    samples = measured_samples(dataset, config)
    rows = measured_rows(dataset, config, runtime)
    with reporter.task("evaluate", len(samples), "image") as task:
        for indices in samples.split(rows):
            images = runtime.place(dataset.images(indices))
            logits, rows = with_smaller_batches(
                lambda most, images=images: classifier.logits(images, most),  # type: ignore[misc]
                rows,
                lambda most: reporter.warning(f"out of memory: going on with {most} rows"),
            )
            labels = dataset.labels[indices].to(logits.device)
            accuracy.update(logits, labels)
            confusion.update(logits, labels)
            task.advance(len(indices))
    for metric in metrics:
        if metric == "accuracy":
            yield _accuracy_row(accuracy, str(path))
        else:
            yield from _confusion_rows(confusion, dataset.classes, str(path))


def _accuracy_row(accuracy: Accuracy, source: str) -> dict[str, Any]:
    result = accuracy.compute()
    low, high = result.interval
    return {
        "metric": "accuracy",
        "value": result.value,
        "n": result.count,
        "source": source,
        "low": low,
        "high": high,
    }


def _confusion_rows(
    confusion: Confusion, classes: tuple[str, ...], source: str
) -> Iterator[dict[str, Any]]:
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
