"""The gap between the true and the most probable false class."""

from __future__ import annotations

import math
import statistics

import pytest
import torch
from torch import Tensor

from xaitool.core.metrics.classification.probability_gap import ProbabilityGap, ProbabilityGapResult
from xaitool.errors import ShapeError


def sample(count: int = 200, classes: int = 4) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    logits = 2 * torch.randn(count, classes, generator=generator, dtype=torch.float64)
    return logits.softmax(1), torch.randint(classes, (count,), generator=generator)


def measured(probabilities: Tensor, labels: Tensor, batch: int = 64) -> ProbabilityGapResult:
    metric = ProbabilityGap()
    for part in zip(probabilities.split(batch), labels.split(batch), strict=True):
        metric.update(*part)
    return metric.compute()


def gaps(probabilities: Tensor, labels: Tensor) -> list[float]:
    return [
        row[label] - max(value for index, value in enumerate(row) if index != label)
        for row, label in zip(probabilities.tolist(), labels.tolist(), strict=True)
    ]


@pytest.mark.parametrize("batch", [1, 64, 200])
def test_is_the_definition(batch: int) -> None:
    probabilities, labels = sample()
    found, wanted = measured(probabilities, labels, batch), gaps(probabilities, labels)
    assert found.count == 200
    assert math.isclose(found.mean, statistics.fmean(wanted), rel_tol=1e-12)
    assert math.isclose(found.standard_deviation, statistics.stdev(wanted), rel_tol=1e-9)
    for label, mean in enumerate(found.per_class):
        own = [gap for gap, one in zip(wanted, labels.tolist(), strict=True) if one == label]
        assert mean is not None
        assert math.isclose(mean, statistics.fmean(own), rel_tol=1e-12)


def test_sure_and_right_is_one_and_sure_and_wrong_minus_one() -> None:
    assert measured(torch.eye(3), torch.arange(3)).mean == 1
    found = measured(torch.eye(3)[[1]], torch.tensor([0]))
    assert found.per_class == (-1, None, None)
    assert math.isnan(found.standard_deviation)


def test_its_sign_says_whether_the_prediction_is_right() -> None:
    probabilities, labels = sample()
    for row, label in zip(probabilities, labels, strict=True):
        right = bool(row.argmax() == label)
        assert (measured(row[None], label[None]).mean > 0) == right


def test_update_never_reads_a_value() -> None:
    metric = ProbabilityGap()
    for _ in range(2):
        labels = torch.zeros(3, dtype=torch.int64, device="meta")
        metric.update(torch.zeros(3, 4, device="meta"), labels)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ShapeError, match="0 samples"):
        ProbabilityGap().compute()
    metric = ProbabilityGap()
    metric.update(torch.eye(3), torch.arange(3))
    with pytest.raises(ShapeError, match="2 classes, but 3 are wanted"):
        metric.update(torch.eye(2), torch.arange(2))
    with pytest.raises(ShapeError, match=r"probabilities are torch\.int64"):
        ProbabilityGap().update(torch.ones(2, 2).long(), torch.arange(2))
    with pytest.raises(ShapeError, match="1 samples with a sum of nan"):
        measured(torch.tensor([[0.5, math.nan]]), torch.tensor([0]))
