"""Probabilities of classes, as metrics read them."""

from __future__ import annotations

import torch
from torch import Tensor

from xaitool.errors import ShapeError


def class_probabilities(logits: Tensor, *, one_vs_all: bool) -> Tensor:
    """What logits say.

    Args:
        logits: ``(B, K)``, floating.
        one_vs_all: Whether each output was trained to tell one class from the others, so that its
            sigmoid is the probability; else a softmax makes them one distribution.

    Returns:
        ``(B, K)`` in [0, 1]; rows sum to 1 for a softmax only.
    """
    return logits.sigmoid() if one_vs_all else logits.softmax(1)


def check_probabilities(probabilities: Tensor, labels: Tensor) -> None:
    """Refuse what is no batch of probabilities and true classes; values are not looked at.

    Args:
        probabilities: ``(B, K)``, floating, two classes or more.
        labels: int64 ``(B,)``.

    Raises:
        ShapeError: A shape or dtype does not fit.
    """
    fits = probabilities.ndim == 2 and probabilities.shape[1] >= 2
    if not fits or not probabilities.is_floating_point():
        raise ShapeError(
            f"probabilities are {probabilities.dtype} {tuple(probabilities.shape)}, "
            "but floating (samples, classes) with at least 2 classes is wanted"
        )
    if labels.shape != probabilities.shape[:1] or labels.dtype != torch.int64:
        raise ShapeError(
            f"labels are {labels.dtype} {tuple(labels.shape)}, "
            f"but int64 ({len(probabilities)},) is wanted"
        )
