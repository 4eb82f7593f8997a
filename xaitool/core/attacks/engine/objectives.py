"""What an attack maximises: one number a sample that grows as the classifier errs."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

Objective = Callable[[Tensor, Tensor], Tensor]


def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy in nats, ``(N,)``; its gradient underflows where the softmax is saturated."""
    return F.cross_entropy(logits, labels, reduction="none")


def margin(logits: Tensor, labels: Tensor) -> Tensor:
    """Largest false logit less the true one, ``(N,)``, positive where a sample is misclassified.

    Carlini and Wagner 2017, f_6, with the opposite sign and without its bound. Unlike in a
    popular implementation that multiplies by a one-hot mask, negative logits are compared as they
    are: [-5, -1, -3] with the label 1 is -2, not 0.

    Args:
        logits: ``(N, K)`` with K at least 2.
        labels: int64 ``(N,)``.
    """
    true, false = labels[:, None], strongest_rival(logits, labels)[:, None]
    return (logits.gather(1, false) - logits.gather(1, true)).squeeze(1)


def strongest_rival(logits: Tensor, labels: Tensor) -> Tensor:
    """The false class of the largest logit, int64 ``(N,)``."""
    return logits.detach().scatter(1, labels[:, None], -torch.inf).argmax(1)


def margin_gradient(logits: Tensor, labels: Tensor) -> Tensor:
    """The gradient of `margin` at the logits, ``(N, K)``: 1 at the rival, -1 at the true class."""
    rival = strongest_rival(logits, labels)
    still = torch.zeros_like(logits)
    return still.scatter_(1, rival[:, None], 1).scatter_(1, labels[:, None], -1)


def logit_ratio(logits: Tensor, labels: Tensor) -> Tensor:
    """Difference of logits ratio, DLR, ``(N,)``: the margin in units of the logits' spread.

    Croce and Hein 2020, equation 6: the margin over the largest less the third largest logit,
    which neither shifting nor scaling the logits changes.

    Args:
        logits: ``(N, K)`` with K at least 3.
        labels: int64 ``(N,)``.
    """
    largest = logits.topk(3).values
    spread: Tensor = largest[:, 0] - largest[:, 2]
    return margin(logits, labels) / (spread + 1e-12)


OBJECTIVES: dict[str, Objective] = {"cross-entropy": cross_entropy, "margin": margin}
"""By the names that options have for them."""


def rounding_noise(logits: Tensor, upstream: Tensor, reach: float) -> Tensor:
    """How large a gradient at the image may be and still be rounding noise.

    Had no pixel value further to go than `reach`, a gradient of magnitudes that sum to less moves
    the logits, to first order, by less than half a unit of their last digit. The smallness of the
    loss's own gradient, as that of a saturated softmax, is no noise and is divided out.

    Args:
        logits: ``(n, K)``.
        upstream: The gradient of the loss at them, ``(n, K)``.
        reach: How far a pixel value may be moved.

    Returns:
        A bound for ``gradient.abs().sum()`` of each sample, ``(n,)``.
    """
    unit = torch.finfo(logits.dtype).eps / 2 * logits.detach().abs().amax(1)
    return unit * upstream.abs().amax(1) / (reach or 1.0)
