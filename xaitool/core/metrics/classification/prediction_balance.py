"""Both sides of the equations that a classifier's mean probabilities fulfil once it is trained."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from xaitool.errors import ShapeError


@dataclass(frozen=True)
class BalanceResult:
    """The LGL-INR paper's equations 9 and 10 for one model; equal sides mean that it is trained.

    Attributes:
        left: ``λ_k N_k (1 - p_kk)`` of each class, float64 ``(K,)``: what class k loses.
        right: ``sum_j λ_j N_j p_jk`` over the other classes, float64 ``(K,)``: what it wins.
        ratio: With two classes ``(1 - p_00) / p_10``, the left side of equation 10; else None.
        wanted_ratio: With two classes ``λ_1 N_1 / (λ_0 N_0)``, its right side; else None.
        means: float64 ``(K, K)``, p_jk, the mean probability of class k for samples of class j.
        counts: int64 ``(K,)``, samples that were seen of each class.
    """

    left: Tensor
    right: Tensor
    ratio: float | None
    wanted_ratio: float | None
    means: Tensor
    counts: Tensor


class PredictionBalance:
    """Streaming means of predicted probabilities by true class, and what they balance to.

    The gradient of the class-weighted softmax loss by the last layer's bias of class k is zero
    where the two sides are equal (LGL-INR paper, equations 8 to 10), so that a model at its
    optimum is balanced on its training images, up to their number also on others of the same
    distribution. It holds as well for each output of the weighted one-vs-all logistic loss, with
    its sigmoid for the probability. Other losses promise no such balance.
    """

    def __init__(self) -> None:
        self._sums = torch.zeros(0, dtype=torch.float64)
        self._counts = torch.zeros(0, dtype=torch.int64)

    def update(self, probabilities: Tensor, labels: Tensor) -> None:
        """Count a batch, without waiting for the device.

        Args:
            probabilities: ``(B, K)`` in [0, 1]: softmax, or a sigmoid of each output.
            labels: int64 ``(B,)`` in 0..K-1, on the same device; one outside is an error of the
                device.

        Raises:
            ShapeError: A shape or dtype does not fit, or K differs from earlier batches.
        """
        self._check(probabilities, labels)
        classes = probabilities.shape[1]
        if not len(self._counts):
            self._sums = self._sums.new_zeros(classes, classes, device=labels.device)
            self._counts = self._counts.new_zeros(classes, device=labels.device)
        self._sums.index_add_(0, labels, probabilities.detach().double())
        self._counts.index_add_(0, labels, torch.ones_like(labels))

    def compute(
        self, weights: Tensor | None = None, training_counts: Tensor | None = None
    ) -> BalanceResult:
        """Both sides so far.

        Args:
            weights: ``(K,)``, λ of the loss that the model was trained with; None: all 1.
            training_counts: ``(K,)``, N of the training set; None: those of the samples seen.

        Raises:
            ShapeError: A class has no sample, probabilities were NaN, or a length does not fit.
        """
        counts, sums = self._counts.cpu(), self._sums.cpu()
        if not len(counts) or (counts == 0).any() or not sums.isfinite().all():
            raise ShapeError(
                f"the prediction balance has {counts.tolist()} samples of its classes with sums "
                f"{'finite' if sums.isfinite().all() else 'not finite'}, "
                "but at least 1 of each class and finite probabilities are wanted"
            )
        means = sums / counts[:, None]
        mass = _per_class(training_counts, counts) * _per_class(weights, torch.ones_like(counts))
        own = means.diagonal()
        left = mass * (1 - own)
        right = mass @ (means - own.diag())
        ratio, wanted = None, None
        if len(counts) == 2:
            ratio = float((1 - means[0, 0]) / means[1, 0])
            wanted = float(mass[1] / mass[0])
        return BalanceResult(left, right, ratio, wanted, means, counts)

    def _check(self, probabilities: Tensor, labels: Tensor) -> None:
        if probabilities.ndim != 2 or probabilities.shape[1] < 2:
            raise ShapeError(
                f"probabilities are {tuple(probabilities.shape)}, "
                "but (samples, classes) with at least 2 classes is wanted"
            )
        if labels.shape != probabilities.shape[:1] or labels.dtype != torch.int64:
            raise ShapeError(
                f"labels are {labels.dtype} {tuple(labels.shape)}, "
                f"but int64 ({len(probabilities)},) is wanted"
            )
        if len(self._counts) not in (0, probabilities.shape[1]):
            raise ShapeError(
                f"probabilities have {probabilities.shape[1]} classes, "
                f"but {len(self._counts)} are wanted"
            )


def _per_class(given: Tensor | None, otherwise: Tensor) -> Tensor:
    values = (otherwise if given is None else given).to("cpu", torch.float64)
    if values.shape != otherwise.shape:
        raise ShapeError(
            f"the prediction balance has {tuple(values.shape)} weights or counts, "
            f"but ({len(otherwise)},) are wanted"
        )
    return values
