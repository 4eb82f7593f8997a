"""How far the true class leads in probability, gathered batch by batch."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from xaitool.core.metrics.classification.class_probabilities import check_probabilities
from xaitool.errors import ShapeError


@dataclass(frozen=True)
class ProbabilityGapResult:
    """Mean lead of the true class.

    Attributes:
        mean: In [-1, 1].
        standard_deviation: Of the samples' gaps, with the divisor N - 1; NaN of one sample.
        count: Samples.
        per_class: Mean by true class; None for a class without samples.
    """

    mean: float
    standard_deviation: float
    count: int
    per_class: tuple[float | None, ...]


class ProbabilityGap:
    """Streaming mean of ``p_y - max p_j`` over the false classes j, of true class y.

    The gap between the true class and the most probable false class (PC paper, introduction and
    section 3). It is negative for a misclassified sample.
    """

    def __init__(self) -> None:
        # By true class: samples, the sum of gaps, the sum of their squares.
        self._sums = torch.zeros(0, 3, dtype=torch.float64)

    def update(self, probabilities: Tensor, labels: Tensor) -> None:
        """Count a batch, without waiting for the device.

        Args:
            probabilities: ``(B, K)`` in [0, 1], two classes or more.
            labels: int64 ``(B,)`` in 0..K-1, on the same device; one outside is an error of the
                device.

        Raises:
            ShapeError: A shape or dtype does not fit, or K differs from earlier batches.
        """
        check_probabilities(probabilities, labels)
        if not len(self._sums):
            self._sums = self._sums.new_zeros(probabilities.shape[1], 3, device=labels.device)
        if len(self._sums) != probabilities.shape[1]:
            raise ShapeError(
                f"probabilities have {probabilities.shape[1]} classes, "
                f"but {len(self._sums)} are wanted"
            )
        values = probabilities.detach().double()
        own = values.gather(1, labels[:, None]).squeeze(1)
        gap = own - values.scatter(1, labels[:, None], -math.inf).amax(1)
        columns = torch.stack([torch.ones_like(gap), gap, gap.square()], 1)
        self._sums.index_add_(0, labels, columns)

    def compute(self) -> ProbabilityGapResult:
        """The gaps so far.

        Raises:
            ShapeError: No sample was counted, or a probability was NaN.
        """
        sums = self._sums.cpu()
        count, total, squares = sums.sum(0).tolist()
        if not count or not math.isfinite(total):
            raise ShapeError(
                f"the probability gap has {count:.0f} samples with a sum of {total:g}, "
                "but at least 1 and finite ones are wanted"
            )
        spread = max(0.0, squares - total**2 / count)
        return ProbabilityGapResult(
            mean=total / count,
            standard_deviation=math.sqrt(spread / (count - 1)) if count > 1 else math.nan,
            count=int(count),
            per_class=tuple(
                gaps / samples if samples else None for samples, gaps, _ in sums.tolist()
            ),
        )
