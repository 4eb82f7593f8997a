"""Explanations of the same images by several baselines: means with intervals, and paired tests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import torch
from torch import Tensor

from xaitool.core.metrics.statistics.bootstrap import (
    group_means,
    grouped_mean_with_interval,
    mean_with_interval,
)
from xaitool.core.metrics.statistics.holm import holm
from xaitool.core.metrics.statistics.signed_rank import signed_rank
from xaitool.core.seeding import random_stream
from xaitool.workflows.evaluation.attributions.image_values import ImageValues, Row
from xaitool.workflows.evaluation.drawable import DrawableRow
from xaitool.workflows.explanations.plan import MethodSetup


@dataclass(frozen=True)
class MeasuredSetup:
    """A method with its baseline, and what was measured of its attributions.

    Attributes:
        setup: The method.
        values: Of each metric and kind; of the same ones, in the same order, for every method.
    """

    setup: MethodSetup
    values: list[ImageValues]


def compared_rows(measured: Sequence[MeasuredSetup], head: Row, seed: int) -> Iterator[Row]:
    """Rows of all methods, figure by figure, and after each metric how baselines differ.

    An interval is a percentile bootstrap over images (Efron 1979). Baselines of one method are
    compared on the images that both have values of, of several values of an image by their mean:
    the mean difference with such an interval, and Wilcoxon's signed-rank test (Wilcoxon 1945),
    which asks nothing of the differences but symmetry; ``p_holm`` corrects it for all comparisons
    of the metric and kind (Holm 1979). The interval is not corrected.

    Args:
        measured: The methods.
        head: What all rows say: ``source`` and ``against``.
        seed: Of the draws.
    """
    for together in zip(*(one.values for one in measured), strict=True):
        for one, values in zip(measured, together, strict=True):
            yield _row(one.setup, values, head, seed)
        yield from _differences(measured, together, head, seed)


def _row(setup: MethodSetup, values: ImageValues, head: Row, seed: int) -> Row:
    defined = values.defined
    draws = random_stream(seed, "interval", values.metric)
    mean = grouped_mean_with_interval(defined.values, defined.images, draws)
    row = values.row()
    names = {"method": setup.name, "baseline": setup.baseline}
    figures = {name: row.pop(name) for name in ("metric", "value", "n")}
    whole = figures | head | names | {"low": mean.low, "high": mean.high} | row
    return DrawableRow(whole, **values.drawn)


def _differences(
    measured: Sequence[MeasuredSetup], together: Sequence[ImageValues], head: Row, seed: int
) -> list[Row]:
    rows: list[Row] = []
    for (one, values), (other, others) in combinations(zip(measured, together, strict=True), 2):
        if one.setup.name != other.setup.name:
            continue
        differences = _paired(values.defined, others.defined)
        mean = mean_with_interval(differences, random_stream(seed, "difference", values.metric))
        rows.append(
            {
                "metric": f"{values.metric}-difference",
                "value": mean.value,
                "n": mean.count,
                **head,
                "method": one.setup.name,
                "baseline": one.setup.baseline,
                "versus": other.setup.baseline,
                "low": mean.low,
                "high": mean.high,
                "p": signed_rank(differences).p,
                **values.kind,
            }
        )
    adjusted = holm([row["p"] for row in rows])
    return [row | {"p_holm": p} for row, p in zip(rows, adjusted, strict=True)]


def _paired(values: ImageValues, others: ImageValues) -> Tensor:
    """The differences of the images that both have, float64 ``(n,)``."""
    one, other = (group_means(both.values, both.images) for both in (values, others))
    shared = sorted(one.keys() & other.keys())
    return torch.tensor([one[image] - other[image] for image in shared], dtype=torch.float64)
