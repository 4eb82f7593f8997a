"""How good baselines are: of the class that they stand for, near the input, realistic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from xaitool.core.baselines.base import Baseline
from xaitool.core.metrics.explanation.baseline_validity import BaselineValidityResult
from xaitool.data.class_selection import one_class
from xaitool.data.dataset import ImageDataset
from xaitool.errors import ConfigError
from xaitool.report.attribution_grid import GridRow, attribution_grid
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.baselines.class_features import real_class_features
from xaitool.workflows.evaluation.baselines.generator_classifier import classifier_of_generator
from xaitool.workflows.evaluation.baselines.measurement import (
    BaselineJudge,
    BaselineMeasurement,
    images_of,
    references_of,
)
from xaitool.workflows.evaluation.baselines.pairs import ClassPairs, drawn_pairs, every_pair
from xaitool.workflows.evaluation.picture_path import picture_path
from xaitool.workflows.evaluation.subjects import (
    dataset_of,
    first_samples,
    load_beside,
    load_classifier_and_data,
    rows_for,
)
from xaitool.workflows.explanations.baseline_choice import baseline_class, baselines_with_options
from xaitool.workflows.explanations.baselines import open_baseline
from xaitool.workflows.explanations.class_choice import class_label
from xaitool.workflows.explanations.supply import OpenedBaseline
from xaitool.workflows.models.classifier import Classifier
from xaitool.workflows.models.datasets import dataset_for
from xaitool.workflows.runs.context import Context
from xaitool.workflows.runs.pictures import write_picture
from xaitool.workflows.runs.runtime import Runtime

Row = dict[str, Any]

UNASKED = ("zero", "maximum", "blur", "nearest-target", "target-class")
"""Measured of a classifier where ``--baseline`` is not given."""


def measure_baselines(
    path: Path,
    metrics: tuple[str, ...],
    context: Context[EvaluateConfig],
) -> Iterator[Row]:
    """A row for each baseline of a classifier.

    Every image of the split is paired with every class but its own, or with one drawn by
    ``--targets one``; a baseline stands for that class. One that does not depend on it is judged
    all the same: this is what a one-vs-one explanation takes it for.

    Args:
        path: The classifier.
        metrics: ``baseline-validity``.
        context: The options, where it computes, and whom it tells.

    Yields:
        ``value``, the share that the classifier puts into the class, its Wilson interval ``low``
        and ``high``, and ``n``, the baselines behind it; ``baseline``; ``generator``, how a trained
        one was trained, else None; means of ``l1``, the mean absolute difference from the input in
        pixel units of [0, 1], ``l2``, the Euclidean distance, ``nearest`` and ``nearest_target``,
        the Euclidean distance to the nearest training image of any class and of the class;
        ``colour``, the mean `colour_distance` from the input, None where all baselines are black;
        ``kid``, the mean over classes of the kernel distance to training images, from at most
        ``--samples`` pairs, None without a feature network; ``judges``, the share that each
        ``--judge`` puts into the class.

    Raises:
        InputError: The classifier, the dataset, a judge or a baseline does not fit.
    """
    classifier, dataset = load_classifier_and_data(path, context.config, context.runtime)
    names = context.config.baseline or UNASKED
    yield from _rows(path, classifier, dataset, names, context)


def measure_generator(
    path: Path,
    metrics: tuple[str, ...],
    context: Context[EvaluateConfig],
) -> Iterator[Row]:
    """The same of a generator of ``train-baseline-gan`` for its own classifier.

    Args:
        path: The generator's checkpoint or run.
        metrics: As `measure_baselines`.
        context: The options; ``baseline`` names others to compare with, ``model`` another
            classifier.

    Raises:
        InputError: As there, or its classifier cannot be found, or has changed.
    """
    config = context.config
    classifier = classifier_of_generator(path, config, context.runtime)
    dataset = dataset_of(classifier, config, context.runtime)
    names = (f"ganmex:{path}", *config.baseline)
    yield from _rows(path, classifier, dataset, names, context)


def _rows(
    path: Path,
    classifier: Classifier,
    dataset: ImageDataset,
    names: Sequence[str],
    context: Context[EvaluateConfig],
) -> Iterator[Row]:
    config = context.config
    picture = BaselinePicture(path, config)
    baselines = _opened(names, context, classifier)
    pairs = _pairs(dataset, config)
    judges = {
        source: load_beside(source, classifier, dataset, context, "judge")
        for source in config.judge
    }
    real = dataset_for(_data_name(classifier, config), "train", classifier, config)
    measurement = BaselineMeasurement(
        dataset=dataset,
        pairs=pairs,
        judge=BaselineJudge(classifier, list(judges.values()), real),
        features=real_class_features(real, context),
        samples=config.samples,
        subsets=config.kid_subsets,
        seed=config.seed,
        rows=rows_for(dataset, context),
        runtime=context.runtime,
    )
    with context.reporter.task("evaluate", len(pairs) * len(baselines), "pair") as task:
        for name, opened in baselines.items():
            result, distance = measurement.measure(opened.baseline, task.advance)
            yield _row(str(path), name, opened, result, distance, list(judges))
    made = {name: opened.baseline for name, opened in baselines.items()}
    if (written := picture.write(dataset, made, context.runtime)) is not None:
        context.reporter.message(f"picture: {written}")


def _opened(
    names: Sequence[str],
    context: Context[EvaluateConfig],
    classifier: Classifier,
) -> dict[str, OpenedBaseline]:
    for name in names:
        if baseline_class(name).is_path:
            raise ConfigError(
                f"baseline '{name}' moves a sensitive attribute, but images of another class are "
                "wanted"
            )
    found = {
        name: open_baseline(name, own, context.config, classifier, context.runtime, against=True)
        for name, own in baselines_with_options(context.config, names).items()
    }
    for warning in dict.fromkeys(text for opened in found.values() for text in opened.warnings):
        context.reporter.warning(warning)
    return found


def _pairs(dataset: ImageDataset, config: EvaluateConfig) -> ClassPairs:
    samples, classes = first_samples(dataset, config), len(dataset.classes)
    if classes < 2:
        raise one_class(dataset.name, "baselines of another class want two")
    labels = dataset.labels[samples]
    if config.targets == "one":
        return drawn_pairs(samples, labels, classes, config.seed)
    return every_pair(samples, labels, classes)


def _data_name(classifier: Classifier, config: EvaluateConfig) -> str:
    # One of them is set: the images that are measured were found by it.
    return str(config.dataset or classifier.dataset)


def _row(
    source: str,
    name: str,
    opened: OpenedBaseline,
    result: BaselineValidityResult,
    distance: float | None,
    judges: Sequence[str],
) -> Row:
    low, high = result.interval
    return {
        "metric": "baseline-validity",
        "value": result.hit_rate,
        "n": result.count,
        "source": source,
        "baseline": name,
        "generator": opened.facts.get("baseline_generator"),
        "low": low,
        "high": high,
        "l1": result.l1,
        "l2": result.l2,
        "nearest": result.nearest,
        "nearest_target": result.nearest_target,
        "colour": result.colour,
        "kid": distance,
        "judges": dict(zip(judges, result.agreements, strict=True)),
    }


MOST_ROWS = 10


class BaselinePicture:
    """A row for the first image of each class, with the baselines for one other class.

    Without ``--out`` there is none.

    Args:
        source: The artifact that is measured.
        config: Where the picture goes, and the seed.

    Raises:
        ConfigError: It cannot go there.
    """

    def __init__(self, source: Path, config: EvaluateConfig) -> None:
        self._config = config
        self._path = picture_path(source, config, "baseline-validity")

    def write(
        self, dataset: ImageDataset, baselines: Mapping[str, Baseline], runtime: Runtime
    ) -> Path | None:
        """Write it.

        Args:
            dataset: The images.
            baselines: By their names; of several references the first is shown.
            runtime: Where it computes.
        """
        if self._path is None:
            return None
        pairs = self._shown(dataset)
        images = images_of(dataset, pairs, runtime)
        columns = [
            references_of(baseline, images, pairs, len(images))[:, 0].float().cpu()
            for baseline in baselines.values()
        ]
        rows = [
            GridRow(
                images[row].float().cpu(),
                [class_label(label, dataset.classes), f"to {class_label(target, dataset.classes)}"],
                [],
                [column[row] for column in columns],
            )
            for row, (label, target) in enumerate(
                zip(pairs.labels.tolist(), pairs.targets.tolist(), strict=True)
            )
        ]
        picture = attribution_grid(rows, [], pictures=list(baselines))
        write_picture(self._path, picture, overwrite=self._config.overwrite)
        return self._path

    def _shown(self, dataset: ImageDataset) -> ClassPairs:
        labels = dataset.labels[: self._config.limit]
        classes = labels.unique()[:MOST_ROWS]
        first = torch.stack([(labels == label).nonzero()[0, 0] for label in classes])
        return drawn_pairs(first, labels[first], len(dataset.classes), self._config.seed)
