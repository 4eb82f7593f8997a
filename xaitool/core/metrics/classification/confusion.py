"""Confusion matrix of a classifier, gathered batch by batch."""

from __future__ import annotations

import torch
from torch import Tensor

from xaitool.errors import ShapeError


class Confusion:
    """Counts of (true class, predicted class); the prediction is the largest logit.

    Wrong labels and NaN logits are noticed in `compute`: looking for them in `update` would make
    a GPU wait for every batch.
    """

    def __init__(self) -> None:
        self._classes = 0
        # K·K cells, then the number of wrong labels, then of samples with a NaN logit.
        self._counts = torch.zeros(0, dtype=torch.int64)

    def update(self, logits: Tensor, labels: Tensor) -> None:
        """Count a batch, without waiting for the device.

        Args:
            logits: ``(B, K)``, floating, two classes or more.
            labels: int64 ``(B,)`` in 0..K-1, on the same device.

        Raises:
            ShapeError: A shape or dtype does not fit, or K differs from earlier batches.
        """
        self._check(logits, labels)
        classes = logits.shape[1]
        if self._classes == 0:
            self._classes = classes
            self._counts = torch.zeros(classes**2 + 2, dtype=torch.int64, device=logits.device)
        cell = labels * classes + logits.argmax(1)
        cell = cell.where((labels >= 0) & (labels < classes), classes**2)
        cell = cell.where(~logits.isnan().any(1), classes**2 + 1)
        self._counts.index_add_(0, cell, torch.ones_like(cell))

    def compute(self) -> Tensor:
        """The matrix: int64 ``(K, K)`` on the CPU, rows are true classes, columns predicted ones.

        Raises:
            ShapeError: No sample was counted, a label was outside 0..K-1, or a logit was NaN.
        """
        if self._classes == 0:
            raise ShapeError("the confusion matrix has 0 samples, but at least 1 is wanted")
        counts = self._counts.to("cpu", copy=True)
        wrong_labels, not_numbers = counts[-2:].tolist()
        if wrong_labels:
            raise ShapeError(
                f"{wrong_labels} labels are outside 0..{self._classes - 1}, "
                "but a class of the model is wanted"
            )
        if not_numbers:
            raise ShapeError(f"{not_numbers} samples have NaN logits, but finite ones are wanted")
        return counts[:-2].view(self._classes, self._classes)

    def _check(self, logits: Tensor, labels: Tensor) -> None:
        if logits.ndim != 2 or logits.shape[1] < 2 or not logits.is_floating_point():
            raise ShapeError(
                f"logits are {logits.dtype} {tuple(logits.shape)}, "
                "but floating (samples, classes) with at least 2 classes is wanted"
            )
        if labels.shape != logits.shape[:1] or labels.dtype != torch.int64:
            raise ShapeError(
                f"labels are {labels.dtype} {tuple(labels.shape)}, "
                f"but int64 ({len(logits)},) is wanted"
            )
        if self._classes not in (0, logits.shape[1]):
            raise ShapeError(
                f"logits have {logits.shape[1]} classes, but {self._classes} are wanted"
            )
