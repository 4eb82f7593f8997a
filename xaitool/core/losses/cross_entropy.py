"""Softmax cross-entropy."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn


class CrossEntropy(nn.Module):
    """The mean of ``-log softmax(logits)[label]`` over the batch."""

    def forward(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Compute the loss.

        Args:
            logits: ``(N, K)``, any finite value.
            labels: int64 ``(N,)`` in [0, K).

        Returns:
            A scalar in nats, at least 0.
        """
        return F.cross_entropy(logits, labels)
