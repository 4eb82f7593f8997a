"""The expected calibration error against the definition written out."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from xaitool.core.metrics.classification.calibration import Calibration, CalibrationResult
from xaitool.errors import ConfigError, ShapeError


def sample(count: int = 500, classes: int = 4) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    logits = 2 * torch.randn(count, classes, generator=generator, dtype=torch.float64)
    return logits.softmax(1), torch.randint(classes, (count,), generator=generator)


def calibrated(
    probabilities: Tensor, labels: Tensor, *, bins: int = 15, batch: int = 64
) -> CalibrationResult:
    metric = Calibration(bins)
    for part in zip(probabilities.split(batch), labels.split(batch), strict=True):
        metric.update(*part)
    return metric.compute()


def written_out(probabilities: Tensor, labels: Tensor, bins: int) -> float:
    confidence, prediction = (values.tolist() for values in probabilities.max(1))
    error = 0.0
    for m in range(1, bins + 1):
        inside = [
            index for index, value in enumerate(confidence) if (m - 1) / bins < value <= m / bins
        ]
        right = sum(prediction[index] == int(labels[index]) for index in inside)
        error += abs(right - sum(confidence[index] for index in inside)) / len(labels)
    return error


@pytest.mark.parametrize("bins", [1, 7, 15])
@pytest.mark.parametrize("batch", [1, 64, 500])
def test_is_the_definition(bins: int, batch: int) -> None:
    found = calibrated(*sample(), bins=bins, batch=batch)
    assert math.isclose(found.error, written_out(*sample(), bins), rel_tol=1e-12)
    assert math.isclose(found.confidence, sample()[0].amax(1).mean().item(), rel_tol=1e-12)
    assert found.bin_count.sum() == 500
    assert found.bin_count.shape == found.bin_accuracy.shape == (bins,)


def test_a_calibrated_classifier_has_none() -> None:
    # Three of four are right where it is sure by 0.75.
    probabilities = torch.tensor([[0.75, 0.25]], dtype=torch.float64).repeat(8, 1)
    labels = torch.tensor([0, 0, 0, 1] * 2)
    found = calibrated(probabilities, labels)
    assert found.error == 0
    assert found.bin_confidence[11] == found.bin_accuracy[11] == 0.75
    assert found.bin_accuracy[0].isnan()


def test_always_sure_and_always_wrong() -> None:
    found = calibrated(torch.eye(3)[[1, 1]], torch.tensor([0, 2]))
    assert (found.error, found.confidence) == (1, 1)
    assert found.bin_count.tolist() == [0] * 14 + [2]


def test_an_edge_belongs_below() -> None:
    probabilities = torch.tensor([[0.5, 0.25], [0.0, 0.0]])
    assert calibrated(probabilities, torch.tensor([0, 0]), bins=2).bin_count.tolist() == [2, 0]


def test_update_never_reads_a_value() -> None:
    metric = Calibration()
    labels = torch.zeros(3, dtype=torch.int64, device="meta")
    metric.update(torch.zeros(3, 4, device="meta"), labels)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ConfigError, match="bins is 0, but at least 1"):
        Calibration(0)
    with pytest.raises(ShapeError, match="0 samples"):
        Calibration().compute()
    with pytest.raises(ShapeError, match=r"probabilities are torch.float32 \(2, 1\)"):
        Calibration().update(torch.ones(2, 1), torch.tensor([0, 0]))
    with pytest.raises(ShapeError, match=r"labels are torch.int64 \(3,\)"):
        Calibration().update(torch.ones(2, 2), torch.tensor([0, 0, 0]))
    nothing = torch.tensor([[0.5, math.nan]])
    with pytest.raises(ShapeError, match="1 samples with a sum of confidences of nan"):
        calibrated(nothing, torch.tensor([0]))
