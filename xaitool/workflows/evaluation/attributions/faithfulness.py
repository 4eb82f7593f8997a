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
from xaitool.errors import ArtifactError, InputError, ModelError
from xaitool.io.attributions import AttributionFile, AttributionRows
from xaitool.registry import METRICS_OF, load_target
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.configs.model import INPUT_OPTIONS, ModelOptions
from xaitool.workflows.models.classifier import Classifier
from xaitool.workflows.models.source import load_classifier
from xaitool.workflows.runs.context import Context
from xaitool.workflows.runs.runtime import Runtime

SAMPLES_AT_ONCE = 16

HINT = "name the model with --model, and its weights with --weights"


def measure_attributions(
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
        judge = _Judge(file, context)
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
    """Mean and spread over the images; maps of zeros are left out and counted."""
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


class _Judge:
    """The model that decides how good the attributions of a file are."""

    def __init__(self, file: AttributionFile, context: Context[EvaluateConfig]) -> None:
        config = context.config
        self.file = file
        self.config = config
        self.runtime = context.runtime
        self.classifier = _named_model(file, config, context.runtime)
        if not len(file):
            raise ArtifactError(f"{file.path} has no samples, but at least one is wanted")
        first = file.read(slice(0, 1))
        self.classes = first.prediction.shape[1]
        found = self.classifier.class_count(tuple(first.input.shape[1:]), context.runtime)
        if found != self.classes:
            raise ModelError(
                f"model {self.classifier.source} has {found} classes, but {file.path} explains "
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


def _named_model(file: AttributionFile, config: EvaluateConfig, runtime: Runtime) -> Classifier:
    """The model that the options name, else the one that the file names, checked by its hash."""
    if config.model is not None:
        own = config.model == file.attributes.get("model_source")
        options = _model_options(file, config, kept=own)
        return load_classifier(config.model, config.weights, runtime, options=options)
    source, weights, sha256 = _facts(file)
    options = _model_options(file, config, kept=True)
    try:
        classifier = load_classifier(
            source, config.weights or weights, runtime, allow_code=False, options=options
        )
    except InputError as error:
        raise ModelError(
            f"the model of {file.path} cannot be loaded: {error}", hint=HINT
        ) from error
    if classifier.sha256 != sha256:
        raise ModelError(
            f"model {source} has changed since {file.path} was written, but the same is wanted",
            hint=HINT,
        )
    return classifier


def _model_options(file: AttributionFile, config: EvaluateConfig, *, kept: bool) -> ModelOptions:
    """What is given now, and for the model of the file what was given when it was explained."""
    stored = _stored_options(file) if kept else {}
    return ModelOptions.from_mapping(
        {**stored, **config.input_options(), "classes_file": config.classes_file},
        source="the model",
    )


def _stored_options(file: AttributionFile) -> dict[str, Any]:
    stored = file.attributes.get("model_options", {})
    try:
        if not isinstance(stored, dict) or not set(stored) <= set(INPUT_OPTIONS):
            raise ArtifactError(f"only {', '.join(INPUT_OPTIONS)} are known")
        return ModelOptions.from_mapping(stored, source="the model").input_options()
    except InputError as error:
        raise ArtifactError(
            f"{file.path} has model options that cannot be used ({error}), but it has to say how "
            "its model was loaded",
            hint=HINT,
        ) from error


def _facts(file: AttributionFile) -> tuple[str, Path | None, str]:
    names = ("model_source", "model_weights", "model_sha256")
    source, weights, sha256 = (file.attributes.get(name) for name in names)
    if not isinstance(source, str) or not isinstance(weights, str | None):
        raise ArtifactError(
            f"{file.path} does not say which model it explains, but it has to", hint=HINT
        )
    return source, None if weights is None else Path(weights), str(sha256)
