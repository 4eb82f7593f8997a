"""Accuracy of a classifier, gathered batch by batch."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from xaitool.core.metrics.classification.confusion import Confusion
from xaitool.core.metrics.statistics.estimate import wilson_interval
from xaitool.errors import ShapeError


@dataclass(frozen=True)
class AccuracyResult:
    """How often a classifier is right.

    Attributes:
        value: Share of right predictions, in [0, 1].
        count: Samples.
        interval: Wilson score interval of `value` at 95 %.
        per_class: Share of right predictions among the samples of each true class; None for a
            class without samples.
    """

    value: float
    count: int
    interval: tuple[float, float]
    per_class: tuple[float | None, ...]


class Accuracy:
    """Streaming accuracy; the prediction is the largest logit."""

    def __init__(self) -> None:
        self._confusion = Confusion()

    def update(self, logits: Tensor, labels: Tensor) -> None:
        """Count a batch, without waiting for the device.

        Args:
            logits: ``(B, K)``, floating, two classes or more.
            labels: int64 ``(B,)`` in 0..K-1, on the same device.

        Raises:
            ShapeError: A shape or dtype does not fit, or K differs from earlier batches.
        """
        self._confusion.update(logits, labels)

    def compute(self) -> AccuracyResult:
        """The accuracy so far.

        Raises:
            ShapeError: No sample was counted, a label was outside 0..K-1, or a logit was NaN.
        """
        matrix = self._confusion.compute()
        right, total = matrix.diagonal().tolist(), matrix.sum(1).tolist()
        count = sum(total)
        if count == 0:
            raise ShapeError("the accuracy has 0 samples, but at least 1 is wanted")
        return AccuracyResult(
            value=sum(right) / count,
            count=count,
            interval=wilson_interval(sum(right), count),
            per_class=tuple(
                hits / samples if samples else None
                for hits, samples in zip(right, total, strict=True)
            ),
        )
