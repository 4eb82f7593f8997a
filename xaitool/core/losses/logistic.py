"""Logistic loss, one class against all others (LGL)."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from xaitool.core.losses.base import Loss
from xaitool.core.losses.true_class import is_true_class


class Logistic(Loss):
    """Binary cross-entropy of each output, summed over the K outputs, averaged over samples.

    The LGL-INR paper's LGL: output k says by a sigmoid whether a sample is of class k. It counts
    sums over outputs, as the paper's equation 11 and its code do for LGL-INR. A sample's class
    weight λ_y multiplies all of its K terms, so that equation 8, and with it 9, holds for each
    output; the paper writes weights for two classes only.

    Example:
        >>> import torch
        >>> from xaitool.core.losses.logistic import Logistic
        >>> logits = torch.zeros(4, 3, requires_grad=True)
        >>> value = Logistic()(logits, torch.tensor([0, 1, 2, 2]))
        >>> value.backward()
        >>> round(value.item(), 4)  # 3 outputs, log 2 each
        2.0794
    """

    weighted = True
    one_vs_all = True
    balances = True

    def _loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        is_true = is_true_class(labels, logits.shape[1])
        losses = -F.logsigmoid(logits.where(is_true, -logits)).sum(1)
        return self._sample_weights(losses, labels).mean()
