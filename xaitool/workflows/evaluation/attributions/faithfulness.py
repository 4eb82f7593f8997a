"""How faithful attributions, such as those of a file, are to the model that they explain."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from xaitool.core.metrics.explanation.insertion_deletion import PixelCurve
from xaitool.core.score import Score
from xaitool.errors import ArtifactError, ModelError
from xaitool.io.attributions import AttributionFile, AttributionRows
from xaitool.registry import METRICS_OF, load_target
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.attributions.image_values import ImageValues, Row, joined
from xaitool.workflows.evaluation.drawable import DrawableRow
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
) -> Iterator[Row]:
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
        classifier = _model(file, config, context.runtime)
        first = _first(file)
        _check_classes(file, first, classifier, context.runtime)
        count = min(len(file), config.limit or len(file))
        asked = [(metric, one) for metric in metrics for one in channel_sums(config)]
        with context.reporter.task("evaluate", count * len(asked), "image") as task:
            for metric, channel_sum in asked:
                measure = Faithfulness(metric, channel_sum, classifier, first, context)
                for start in range(0, count, SAMPLES_AT_ONCE):
                    rows = file.finite(slice(start, min(start + SAMPLES_AT_ONCE, count)))
                    _check_targets(file, rows)
                    measure.update(rows)
                    task.advance(len(rows))
                yield _row(measure.measured()[0], path)


def channel_sums(config: EvaluateConfig) -> tuple[str, ...]:
    """The ways to rank pixels that are asked for."""
    return ("signed", "absolute") if config.channel_sum == "both" else (config.channel_sum,)


def _row(values: ImageValues, path: Path) -> Row:
    row = values.row() | {"source": str(path)}
    names = ("metric", "value", "n", "source", "std", "channel_sum", "undefined")
    return DrawableRow({name: row[name] for name in names}, **values.drawn)


class Faithfulness:
    """Insertion or deletion of one attribution after another.

    Args:
        metric: ``insertion`` or ``deletion``.
        channel_sum: What ranks pixels, ``signed`` or ``absolute``.
        classifier: Decides how good an attribution is.
        first: One sample, of the images' shape.
        context: The options, and where it computes.
    """

    def __init__(
        self,
        metric: str,
        channel_sum: str,
        classifier: Classifier,
        first: AttributionRows,
        context: Context[EvaluateConfig],
    ) -> None:
        self._metric = metric
        self._channel_sum = channel_sum
        self._model = classifier.model
        self._step = context.config.step
        self._runtime = context.runtime
        self._mean = context.runtime.place(torch.tensor(classifier.input.mean))
        self._rows = context.rows(first.input[0].numel(), context.config.batch_size)
        self._curves: list[PixelCurve] = []
        self._images: list[Tensor] = []

    def update(self, samples: AttributionRows) -> None:
        """Measure some."""
        self._curves.append(self._rows.run(partial(self._measure, samples)))
        self._images.append(samples.index)

    def measured(self) -> list[ImageValues]:
        """The area under each one's curve."""
        areas = joined([one.auc for one in self._curves])
        kind = {"channel_sum": self._channel_sum}
        return [ImageValues(self._metric, areas, joined(self._images), kind, drawn=self._drawn())]

    def _drawn(self) -> Row:
        """The mean of the defined curves."""
        if not self._curves:
            return {}
        curves = torch.cat([one.curve[~one.auc.isnan()] for one in self._curves])
        fractions = self._curves[0].fractions
        return {"fractions": fractions.tolist(), "curve": curves.mean(0).tolist()}

    def _measure(self, samples: AttributionRows, rows: int) -> PixelCurve:
        measure = load_target(METRICS_OF["attribution"][self._metric].target)
        curve = measure(
            self._model,
            self._runtime.place(samples.input),
            self._runtime.place(samples.attribution),
            Score(samples.target.to(self._runtime.device), output="probability"),
            step=self._step,
            rows=rows,
            mean=self._mean,
            channel_sum=self._channel_sum,
        )
        return PixelCurve(curve.auc.cpu(), curve.curve.cpu(), curve.fractions.cpu())


def _first(file: AttributionFile) -> AttributionRows:
    if not len(file):
        raise ArtifactError(f"{file.path} has no samples, but at least one is wanted")
    return file.read(slice(0, 1))


def _check_classes(
    file: AttributionFile, first: AttributionRows, classifier: Classifier, runtime: Runtime
) -> None:
    classes = first.prediction.shape[1]
    count = classifier.class_count(tuple(first.input.shape[1:]), runtime)
    if count != classes:
        raise ModelError(
            f"model {classifier.source} has {count} classes, but {file.path} explains "
            f"one of {classes}"
        )


def _check_targets(file: AttributionFile, rows: AttributionRows) -> None:
    classes = rows.prediction.shape[1]
    if not ((rows.target >= 0) & (rows.target < classes)).all():
        raise ArtifactError(f"{file.path} has targets that are no class of 0 to {classes - 1}")


def _model(file: AttributionFile, config: EvaluateConfig, runtime: Runtime) -> Classifier:
    """The model that the options name, else the one that the file explains."""
    if config.model in (None, file.attributes.get("model_source")):
        return recorded.load(recorded.explained_model(file), config, runtime)
    return load_classifier(str(config.model), config.weights, runtime, options=config)
