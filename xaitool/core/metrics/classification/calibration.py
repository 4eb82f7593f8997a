"""Whether a classifier is as sure as it is right, gathered batch by batch."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from xaitool.core.metrics.classification.class_probabilities import check_probabilities
from xaitool.errors import ConfigError, ShapeError


@dataclass(frozen=True)
class CalibrationResult:
    """Confidence and accuracy of predictions, by confidence.

    Attributes:
        error: The expected calibration error, in [0, 1]: the mean over samples of the difference
            of accuracy and mean confidence in the sample's bin.
        confidence: Mean confidence of all samples.
        bin_confidence: Mean confidence in each bin, float64 ``(M,)``; NaN where it is empty.
        bin_accuracy: Share of right predictions in each bin, float64 ``(M,)``; NaN likewise.
        bin_count: Samples in each bin, int64 ``(M,)``.
    """

    error: float
    confidence: float
    bin_confidence: Tensor
    bin_accuracy: Tensor
    bin_count: Tensor


class Calibration:
    """Streaming expected calibration error (Guo et al. 2017, equations 2, 3 and 5).

    The confidence of a prediction is the largest probability. Bin m of M holds confidences in
    ``((m - 1) / M, m / M]``, as in the paper; 0 is in the first.

    Args:
        bins: M; the paper's experiments have 15.

    Raises:
        ConfigError: `bins` is below 1.
    """

    def __init__(self, bins: int = 15) -> None:
        if bins < 1:
            raise ConfigError(f"bins is {bins}, but at least 1 is wanted")
        # By bin: samples, right ones, the sum of confidences.
        self._sums = torch.zeros(bins, 3, dtype=torch.float64)

    def update(self, probabilities: Tensor, labels: Tensor) -> None:
        """Count a batch, without waiting for the device.

        Args:
            probabilities: ``(B, K)`` in [0, 1], two classes or more.
            labels: int64 ``(B,)``, on the same device.

        Raises:
            ShapeError: A shape or dtype does not fit.
        """
        check_probabilities(probabilities, labels)
        self._sums = self._sums.to(labels.device)
        confidence, prediction = probabilities.detach().double().max(1)
        bins = len(self._sums)
        # NaN has no bin: it goes into the first and spoils its sum, which `compute` sees.
        place = (confidence * bins).ceil().nan_to_num(0).long().sub(1).clamp(0, bins - 1)
        right = (prediction == labels).double()
        columns = torch.stack([torch.ones_like(right), right, confidence], 1)
        self._sums.index_add_(0, place, columns)

    def compute(self) -> CalibrationResult:
        """The calibration so far.

        Raises:
            ShapeError: No sample was counted, or a probability was NaN.
        """
        counts, right, confidence = self._sums.cpu().unbind(1)
        total = float(counts.sum())
        if total == 0 or not confidence.isfinite().all():
            raise ShapeError(
                f"the calibration has {total:.0f} samples with a sum of confidences of "
                f"{float(confidence.sum()):g}, but at least 1 and finite ones are wanted"
            )
        return CalibrationResult(
            error=float((right - confidence).abs().sum()) / total,
            confidence=float(confidence.sum()) / total,
            bin_confidence=confidence / counts,
            bin_accuracy=right / counts,
            bin_count=counts.long(),
        )
