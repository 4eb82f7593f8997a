"""Whether a classifier treats the groups of a sensitive attribute alike."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from xaitool.core.counterfactuals.base import CounterfactualPath
from xaitool.core.metrics.fairness.counterfactual_consistency import (
    consistency_by_class,
    counterfactual_consistency,
)
from xaitool.core.metrics.fairness.fairness_gaps import demographic_parity_gap, equalised_odds_gap
from xaitool.core.metrics.fairness.group_accuracy import (
    conflict_accuracy,
    group_accuracies,
    unbiased_accuracy,
    worst_group_accuracy,
)
from xaitool.core.metrics.statistics.bootstrap import stratified_intervals
from xaitool.core.metrics.statistics.estimate import Estimate, share
from xaitool.core.seeding import random_stream
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.counterfactuals.paths import CVAE
from xaitool.workflows.evaluation.classifiers.groups import MeasuredGroups
from xaitool.workflows.evaluation.path_walk import PathWalk, counterfactual_paths
from xaitool.workflows.evaluation.subjects import (
    first_samples,
    load_classifier_and_data,
    logits_and_labels,
    rows_for,
)
from xaitool.workflows.models.classifier import Classifier
from xaitool.workflows.runs.context import Context

Row = dict[str, Any]

SUMMARIES = (
    "unbiased",
    "worst-group",
    "bias-conflict",
    "demographic-parity-gap",
    "equalised-odds-gap",
)


def measure_fairness(
    path: Path,
    metrics: tuple[str, ...],
    context: Context[EvaluateConfig],
) -> Iterator[Row]:
    """Accuracy of each group, what sums groups up, and counterfactual consistency.

    A group is a label together with a value of the sensitive attribute; of several attributes with
    a combination of their values. Consistency asks of each image whether the prediction stays when
    the attribute alone moves: by ``--cvae``, whose encoder is told the predicted class, since at
    test time nobody knows the label; and by recolouring, where the attribute is the channel.

    Args:
        path: The classifier.
        metrics: ``fairness``.
        context: The options, where it computes, and whom it tells.

    Yields:
        ``value``, its interval ``low`` and ``high`` at 95 %, and ``n``, the images behind it, of
        ``quantity``. ``accuracy`` has a row for each group: ``label``, ``group``, the values of the
        attributes by name, and ``conflicting``, whether it conflicts with the bias of the training
        images; without images ``value`` is None. ``unbiased``: mean of the groups' accuracies;
        ``worst-group``: the smallest of them, with its ``label`` and ``group``; ``bias-conflict``:
        mean of the conflicting ones, None without any; ``demographic-parity-gap`` and
        ``equalised-odds-gap``. Of ``path``, ``cvae`` or ``recolour``: ``consistency``, the share
        of images predicted alike at both ends of the path, for all and for each ``label``; of
        ``cvae``, whose path begins at a reconstruction, also ``input-consistency``, between the
        image itself and the end. Intervals are Wilson's for shares of images, bootstrap ones with
        the groups as strata, and ``seed``, for the others.

    Raises:
        InputError: The classifier, the dataset or the CVAE does not fit, or a value of an attribute
            has no image.
    """
    config = context.config
    classifier, dataset = load_classifier_and_data(path, config, context.runtime)
    groups = MeasuredGroups.of(classifier, dataset, config, context.reporter)
    rows = rows_for(dataset, context)
    paths = counterfactual_paths(dataset, config, context.runtime)
    logits = logits_and_labels(classifier, dataset, context)
    predicted = torch.cat([part.argmax(1) for part, _ in logits])
    counts = groups.counted(predicted)
    yield from _group_rows(str(path), counts, groups, config.seed)
    yield from _summary_rows(str(path), counts, groups, config.seed)
    walk = PathWalk(
        dataset,
        first_samples(dataset, config),
        predicted,
        rows,
        context.runtime,
        context.reporter,
    )
    if not paths:
        context.reporter.message(
            "no consistency: it wants --cvae RUN, or images coloured by channel"
        )
    for name, one in paths.items():
        yield from _consistency_rows(str(path), name, one, classifier, walk, config.seed)


def _group_rows(source: str, counts: Tensor, groups: MeasuredGroups, seed: int) -> Iterator[Row]:
    for label, value, name in groups.each():
        outcomes = counts[label, value]
        estimate = share(int(outcomes[label]), int(outcomes.sum()))
        yield _row(
            source,
            "accuracy",
            estimate,
            seed,
            label=groups.classes[label],
            group=name,
            conflicting=groups.conflicts(label, value),
        )


def _summary_rows(source: str, counts: Tensor, groups: MeasuredGroups, seed: int) -> Iterator[Row]:
    conflicting = torch.zeros_like(counts[..., 0], dtype=torch.bool)
    if groups.conflicting is not None:
        conflicting = groups.conflicting

    def summaries(several: Tensor) -> Tensor:
        found = (
            unbiased_accuracy(several),
            worst_group_accuracy(several),
            conflict_accuracy(several, conflicting),
            demographic_parity_gap(several),
            equalised_odds_gap(several),
        )
        return torch.stack(found, -1)

    values = summaries(counts[None])[0].tolist()
    intervals = stratified_intervals(summaries, counts, random_stream(seed, "fairness"))
    label, value, name = groups.at(group_accuracies(counts).nan_to_num(nan=torch.inf).argmin())
    behind = {
        "worst-group": int(counts[label, value].sum()),
        "bias-conflict": int(counts[conflicting].sum()),
    }
    worst = {"label": groups.classes[label], "group": name}
    for quantity, found, (low, high) in zip(SUMMARIES, values, intervals, strict=True):
        count = behind.get(quantity, int(counts.sum()))
        estimate = Estimate(found, low, high, count) if count else share(0, 0)
        yield _row(source, quantity, estimate, seed, **worst if quantity == "worst-group" else {})


def _consistency_rows(
    source: str,
    name: str,
    path: CounterfactualPath,
    classifier: Classifier,
    walk: PathWalk,
    seed: int,
) -> Iterator[Row]:
    def predictions(images: Tensor, most: int) -> Tensor:
        return classifier.logits(images, most).argmax(1)

    start, end = walk.read(path.points, torch.tensor([0.0, 1.0]), predictions).unbind(1)
    classes, labels = walk.dataset.classes, walk.dataset.labels[walk.samples]
    compared = {"consistency": start}
    if name == CVAE:
        compared["input-consistency"] = walk.labels  # what is predicted of the image itself
    for quantity, before in compared.items():
        yield _row(source, quantity, counterfactual_consistency(before, end), seed, path=name)
        by_class = consistency_by_class(before, end, labels, len(classes))
        for label, estimate in zip(classes, by_class, strict=True):
            yield _row(source, quantity, estimate, seed, path=name, label=label)


def _row(source: str, quantity: str, estimate: Estimate, seed: int, **more: Any) -> Row:
    return {
        "metric": "fairness",
        "value": estimate.value,
        "n": estimate.count,
        "source": source,
        "quantity": quantity,
        "low": estimate.low,
        "high": estimate.high,
        "label": None,
        "group": None,
        "conflicting": None,
        "path": None,
        "seed": seed,
        **more,
    }
