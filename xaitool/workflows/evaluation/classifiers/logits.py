"""One pass over a classifier's logits, for all the metrics that look at nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from torch import Tensor

from xaitool.registry import METRICS_OF, load_target
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.subjects import load_classifier_and_data, logits_and_labels
from xaitool.workflows.models.classifier import Classifier
from xaitool.workflows.runs.context import Context

Row = dict[str, Any]


class LogitMetric(Protocol):
    """What the registry names for such a metric: measures one batch after another.

    Args:
        classifier: Says what its outputs mean.
        classes: Names of the dataset's.
    """

    def __init__(self, classifier: Classifier, classes: tuple[str, ...]) -> None: ...

    def update(self, logits: Tensor, labels: Tensor) -> None:
        """Measure some: logits ``(B, K)`` and classes int64 ``(B,)``, on the CPU."""

    def rows(self, source: str) -> Iterator[Row]:
        """What was found of the artifact of this name."""


def measure_logits(
    path: Path,
    metrics: tuple[str, ...],
    context: Context[EvaluateConfig],
) -> Iterator[Row]:
    """Rows of a classifier, on the dataset that the options name, else that of its training.

    Args:
        path: Its checkpoint or run.
        metrics: Registered names; what measures each, a `LogitMetric`, the registry says.
        context: The options, where it computes, and whom it tells.

    Raises:
        InputError: The checkpoint or the dataset does not fit.
    """
    classifier, dataset = load_classifier_and_data(path, context.config, context.runtime)
    measures: list[LogitMetric] = [
        load_target(METRICS_OF["classifier"][metric].target)(classifier, dataset.classes)
        for metric in metrics
    ]
    for logits, labels in logits_and_labels(classifier, dataset, context):
        for measure in measures:
            measure.update(logits, labels)
    for measure in measures:
        yield from measure.rows(str(path))
