"""A classifier, measured by attributions that are made on the fly, without files in between."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor

from xaitool.core.baselines.base import Need
from xaitool.core.score import Score
from xaitool.errors import ConfigError, DataError
from xaitool.io.attribution_layout import AttributionRows
from xaitool.registry import METRICS_OF, load_target
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.attributions.comparison import MeasuredSetup, compared_rows
from xaitool.workflows.evaluation.attributions.explained_scores import other_classes
from xaitool.workflows.evaluation.attributions.faithfulness import Faithfulness, channel_sums
from xaitool.workflows.evaluation.attributions.image_values import ImageValues, Row
from xaitool.workflows.evaluation.attributions.stored_attributions import ImageMetric
from xaitool.workflows.evaluation.subjects import load_classifier_and_data, spread_samples
from xaitool.workflows.explanations.baseline_choice import baseline_class
from xaitool.workflows.explanations.baselines import explained_baseline
from xaitool.workflows.explanations.class_choice import ClassChoice
from xaitool.workflows.explanations.explained_rows import ExplainedRows
from xaitool.workflows.explanations.explainer import Explainer
from xaitool.workflows.explanations.images import Batch, DatasetImages
from xaitool.workflows.explanations.plan import MethodSetup, method_setups
from xaitool.workflows.models.classifier import Classifier
from xaitool.workflows.runs.context import Context

IMAGES = 200
"""Where ``--limit`` is not given."""

DRAWN = "drawn"
"""In place of a rule of ``--against``: another class, drawn for each image."""

CURVES = ("insertion", "deletion")


def measure_attributions(
    path: Path,
    metrics: tuple[str, ...],
    context: Context[EvaluateConfig],
) -> Iterator[Row]:
    """Rows of a classifier: how good the attributions of each method and baseline are.

    Table 1 of GANMEX (Shih et al. 2021) in one call: ``inverse-localisation`` of composed images,
    held against all other classes, by integrated gradients from several baselines. What is measured
    of an image is what ``explain`` and then ``evaluate`` of its file would measure.

    Args:
        path: The classifier.
        metrics: ``insertion``, ``deletion``, ``gini``, ``inverse-localisation``, or some of them.
        context: The options; without ``limit`` 200 images, evenly spaced. Without ``against`` a
            second class is drawn for each image where a metric or a baseline wants one.

    Yields:
        For each method and baseline the mean ``value`` over ``n`` numbers of images with its
        interval, ``method``, ``baseline`` and ``against``, and what rows of files say; and for each
        two baselines of a method ``METRIC-difference``: how much more the ``baseline`` has than the
        one ``versus`` which it stands, with ``p`` and ``p_holm``. See `compared_rows`.

    Raises:
        InputError: The classifier, the dataset, a method, a baseline or a class does not fit, or an
            image cannot be explained.
    """
    config = context.config
    classifier, dataset = load_classifier_and_data(path, config, context.runtime)
    places = spread_samples(dataset, config, IMAGES).tolist()
    images = DatasetImages(dataset, classifier.classes).only(places)
    setups = method_setups(config)
    question = _question(config, metrics, setups, classifier, images, context)
    if "inverse-localisation" in metrics:
        _check_localisable(images, question, dataset.name)
    engines = [_engine(one, question, classifier, images, context) for one in setups]
    source = _Explained(path, {"class_parts": [list(one) for one in images.class_parts]})
    measured = []
    for setup, engine in zip(setups, engines, strict=True):
        found = _Measures(metrics, source, classifier, context)
        with context.reporter.task(f"explain {setup.title}", len(images), "image") as task:
            for rows in engine.all():
                found.update(rows.as_kept())
                task.advance(len(rows))
        measured.append(MeasuredSetup(setup, found.values(setup)))
    for reason in dict.fromkeys(images.skipped):
        context.reporter.warning(f"skipped: {reason}")
    yield from compared_rows(
        measured, {"source": str(path), "against": question.against}, config.seed
    )


@dataclass(frozen=True)
class _Question:
    """What is asked of each image.

    Attributes:
        choice: The target, and the class that it is held against.
        drawn: Whether that class is drawn.
        classes: How many there are.
        seed: Of the draws.
    """

    choice: ClassChoice
    drawn: bool
    classes: int
    seed: int

    @property
    def against(self) -> str | None:
        """The rule, as rows say it."""
        return DRAWN if self.drawn else self.choice.against

    def score(self, setup: MethodSetup, logits: Tensor, batch: Batch) -> Score:
        """The classes of some images."""
        score = self.choice.score(logits, batch.labels, setup.output)
        if not self.drawn:
            return score
        indices = batch.indices.tolist()
        return replace(score, against=other_classes(score.target, indices, self.classes, self.seed))


def _question(
    config: EvaluateConfig,
    metrics: tuple[str, ...],
    setups: list[MethodSetup],
    classifier: Classifier,
    images: DatasetImages,
    context: Context[EvaluateConfig],
) -> _Question:
    wanting = _wanting_a_second_class(metrics, setups)
    rule = None if config.against == "none" else config.against
    names = classifier.classes or images.dataset.classes
    choice = ClassChoice(config.target, rule, names)
    classes = classifier.class_count(images.shape, context.runtime)
    choice.check(classes)
    if choice.targets > 1:
        raise ConfigError(f"--target is {config.target}, but one class is wanted here")
    choice.check_labels(images.labels[torch.tensor(images.places)], classes)
    drawn = config.against is None and bool(wanting)
    if drawn:
        context.reporter.message(
            f"note: {', '.join(wanting)}: a second class is wanted, so all attributions are "
            "against one that is drawn for each image; --against chooses it"
        )
    return _Question(choice, drawn, classes, config.seed)


def _wanting_a_second_class(metrics: tuple[str, ...], setups: list[MethodSetup]) -> list[str]:
    """Metrics and baselines without meaning for one class alone."""
    baselines = [setup.baseline for setup in setups if setup.baseline is not None]
    return [
        *(name for name in metrics if name == "inverse-localisation"),
        *(
            f"baseline {name}"
            for name in dict.fromkeys(baselines)
            if Need.SECOND_CLASS in baseline_class(name).needs
        ),
    ]


def _check_localisable(images: DatasetImages, question: _Question, dataset: str) -> None:
    if question.against is None:
        raise ConfigError(
            "--against is none, but inverse-localisation explains one class against another",
            hint="--against all",
        )
    if not images.class_parts or images.read([images.places[0]]).masks is None:
        raise DataError(
            f"dataset '{dataset}' has no object masks, but inverse-localisation is measured with "
            "them",
            hint="--dataset composite:objects=digits,scenes=textures",
        )


def _engine(
    setup: MethodSetup,
    question: _Question,
    classifier: Classifier,
    images: DatasetImages,
    context: Context[EvaluateConfig],
) -> ExplainedRows:
    config = context.config
    opened = explained_baseline(
        setup,
        config,
        classifier,
        context.runtime,
        against=question.against is not None,
        sensitive=images.sensitive or None,
    )
    for warning in () if opened is None else opened.warnings:
        context.reporter.warning(warning)
    explainer = Explainer(
        setup.bound(classifier.model, config.seed),
        None if opened is None else opened.baseline,
        context.rows(images.pixels, config.batch_size),
        classes=question.classes if question.against == "all" else None,
    )

    def score_of(logits: Tensor, batch: Batch) -> Score:
        return question.score(setup, logits, batch)

    return ExplainedRows(
        setup, explainer, classifier, images, score_of, context.runtime, config.on_error
    )


@dataclass(frozen=True)
class _Explained:
    """What metrics are told of attributions that are in no file."""

    path: Path
    attributes: dict[str, Any]


class _Measures:
    """All metrics of one method and baseline; made when its first attributions are there."""

    def __init__(
        self,
        metrics: tuple[str, ...],
        source: _Explained,
        classifier: Classifier,
        context: Context[EvaluateConfig],
    ) -> None:
        self._metrics = metrics
        self._source = source
        self._classifier = classifier
        self._context = context
        self._measures: list[ImageMetric | Faithfulness] = []

    def update(self, rows: AttributionRows) -> None:
        """Measure some."""
        if not self._measures:
            first = rows.select(torch.tensor([0]))
            self._measures = [one for name in self._metrics for one in self._made(name, first)]
        for measure in self._measures:
            measure.update(rows)

    def values(self, setup: MethodSetup) -> list[ImageValues]:
        """What was measured.

        Raises:
            DataError: Nothing was.
        """
        if not self._measures:
            raise DataError(f"no image can be explained by {setup.title}, but one is wanted")
        return [values for measure in self._measures for values in measure.measured()]

    def _made(self, name: str, first: AttributionRows) -> Iterator[ImageMetric | Faithfulness]:
        if name in CURVES:
            for channel_sum in channel_sums(self._context.config):
                yield Faithfulness(name, channel_sum, self._classifier, first, self._context)
        else:
            kind = load_target(METRICS_OF["classifier"][name].target)
            yield cast(ImageMetric, kind(self._source, first, self._context.config))
