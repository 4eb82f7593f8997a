"""How faithful the attributions of a file are to the model that they explain."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from xaitool.core.metrics.statistics.defined_mean import defined_mean
from xaitool.core.score import Score
from xaitool.errors import ArtifactError, ModelError
from xaitool.io.attributions import AttributionFile, AttributionRows
from xaitool.registry import METRICS_OF, load_target
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.models import recorded
from xaitool.workflows.models.classifier import Classifier
from xaitool.workflows.models.source import load_classifier
from xaitool.workflows.runs.context import Context
from xaitool.workflows.runs.runtime import Runtime

SAMPLES_AT_ONCE = 16


def measure_faithfulness(
    path: Path,
    metrics: tuple[str, ...],
    context: Context[EvaluateConfig],
) -> Iterator[dict[str, Any]]:
    """Rows of an attribution file.

    Args:
        path: The file.
        metrics: ``insertion`` and ``deletion``, or one of them.
        context: The options, where it computes, and whom it tells.

    Raises:
        InputError: The file is damaged, or the model does not fit it.
    """
    config = context.config
    with AttributionFile(path) as file:
        judge = _FaithfulnessJudge(file, context)
        count = min(len(file), config.limit or len(file))
        sums = ("signed", "absolute") if config.channel_sum == "both" else (config.channel_sum,)
        asked = [(metric, channel_sum) for metric in metrics for channel_sum in sums]
        with context.reporter.task("evaluate", count * len(asked), "image") as task:
            for metric, channel_sum in asked:
                areas = []
                for first in range(0, count, SAMPLES_AT_ONCE):
                    rows = file.finite(slice(first, min(first + SAMPLES_AT_ONCE, count)))
                    areas.append(judge.areas(metric, channel_sum, rows))
                    task.advance(len(rows))
                yield _row(metric, channel_sum, torch.cat(areas), path)


def _row(metric: str, channel_sum: str, areas: Tensor, path: Path) -> dict[str, Any]:
    """Mean and spread over the images; attributions of zeros are left out and counted."""
    mean = defined_mean(areas)
    return {
        "metric": metric,
        "value": mean.value,
        "n": mean.count,
        "source": str(path),
        "std": areas[~areas.isnan()].std(correction=0).item() if mean.count else None,
        "channel_sum": channel_sum,
        "undefined": mean.undefined,
    }


class _FaithfulnessJudge:
    """The model that decides how good the attributions of a file are."""

    def __init__(self, file: AttributionFile, context: Context[EvaluateConfig]) -> None:
        config = context.config
        self.file = file
        self.config = config
        self.runtime = context.runtime
        self.classifier = _model(file, config, context.runtime)
        if not len(file):
            raise ArtifactError(f"{file.path} has no samples, but at least one is wanted")
        first = file.read(slice(0, 1))
        self.classes = first.prediction.shape[1]
        count = self.classifier.class_count(tuple(first.input.shape[1:]), context.runtime)
        if count != self.classes:
            raise ModelError(
                f"model {self.classifier.source} has {count} classes, but {file.path} explains "
                f"one of {self.classes}"
            )
        self.mean = context.runtime.place(torch.tensor(self.classifier.input.mean))
        self.rows = context.rows(first.input.numel(), config.batch_size)

    def areas(self, metric: str, channel_sum: str, samples: AttributionRows) -> Tensor:
        """The area under each sample's curve, float64 ``(N,)`` on the CPU."""
        if not ((samples.target >= 0) & (samples.target < self.classes)).all():
            raise ArtifactError(
                f"{self.file.path} has targets that are no class of 0 to {self.classes - 1}"
            )
        return self.rows.run(partial(self._areas, metric, channel_sum, samples))

    def _areas(self, metric: str, channel_sum: str, samples: AttributionRows, rows: int) -> Tensor:
        measure = load_target(METRICS_OF["attribution"][metric].target)
        curve = measure(
            self.classifier.model,
            self.runtime.place(samples.input),
            self.runtime.place(samples.attribution),
            Score(samples.target.to(self.runtime.device), output="probability"),
            step=self.config.step,
            rows=rows,
            mean=self.mean,
            channel_sum=channel_sum,
        )
        areas: Tensor = curve.auc.cpu()
        return areas


def _model(file: AttributionFile, config: EvaluateConfig, runtime: Runtime) -> Classifier:
    """The model that the options name, else the one that the file explains."""
    if config.model in (None, file.attributes.get("model_source")):
        return recorded.load(recorded.explained_model(file), config, runtime)
    return load_classifier(str(config.model), config.weights, runtime, options=config)
