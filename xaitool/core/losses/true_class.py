"""Which column of the logits is a sample's own class."""

from __future__ import annotations

import torch
from torch import Tensor


def is_true_class(labels: Tensor, classes: int) -> Tensor:
    """Bool ``(N, K)``: whether a column is the sample's own class."""
    return labels[:, None] == torch.arange(classes, device=labels.device)
