"""Softmax cross-entropy."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from xaitool.core.losses.base import Loss


class CrossEntropy(Loss):
    """The mean of ``-λ_y log softmax(logits)_y`` over the samples, in nats.

    The LGL-INR paper's equation 1 (SML), divided by the number of samples. torch's own weighted
    cross-entropy divides by the sum of the weights in the batch instead, which changes with the
    batch, so that its steps do not add up to the gradient of equation 1.

    Example:
        >>> import torch
        >>> from xaitool.core.losses.cross_entropy import CrossEntropy
        >>> loss = CrossEntropy(class_weights=[1, 1, 2])
        >>> logits = torch.zeros(4, 3, requires_grad=True)
        >>> value = loss(logits, torch.tensor([0, 1, 2, 2]))
        >>> value.backward()
        >>> round(value.item(), 4)  # log 3, times a mean weight of 6 / 4
        1.6479
    """

    weighted = True
    balances = True

    def _loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        if self.class_weights is None:
            return F.cross_entropy(logits, labels)
        losses = F.cross_entropy(logits, labels, reduction="none")
        return self._sample_weights(losses, labels).mean()
