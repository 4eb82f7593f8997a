"""Logistic loss with hard negative classes weighted up (LGL-INR)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from xaitool.core.losses.base import Loss
from xaitool.core.losses.true_class import is_true_class
from xaitool.options import Options, option


@dataclass(frozen=True, kw_only=True)
class LglInrOptions(Options):
    """Options of `LglInr`."""

    beta: float = option(
        1.0, "How strongly hard negative classes count; 0: all count the same.", minimum=0
    )
    attach: bool = option(
        False,
        "Let the gradient flow through the weights, as the published code does; it can push easy "
        "negatives towards the class.",
    )


class LglInr(Loss):
    """In-negative-class reweighted logistic loss (LGL-INR paper, equation 11).

    Output k is a binary problem: its own class against the others. Positives count by their mean,
    each negative class by its mean times ``λ_jk = softmax_j(β p_jk)``, where p_jk is the mean
    probability that output k gives class j. The K losses are summed. So each output's positives
    and negatives are balanced, and β goes from all negatives alike (0) to the hardest alone.

    Counts are those of the batch, as in the published code (the equation writes the data set's).
    A class that is absent from the batch has no positive term and no weight among the negatives;
    its output still learns from the others. A batch of a single class has no negatives for that
    class's output.

    Weights are constants of the gradient here; with those of the published code (``attach``) a
    negative class that is easier than the weighted mean by more than 1 / (β (1 - p)) is pushed
    towards the positive class, to draw weight from the hard one. Logarithms are of the sigmoid
    itself; the code adds 1e-7, which stops learning at logits beyond about 16.

    Example:
        The first output takes class 1 for its own; β makes that count.

        >>> import torch
        >>> from xaitool.core.losses.lgl_inr import LglInr
        >>> logits = torch.tensor([[2.0, 0.0, 0.0], [2.0, 2.0, 0.0], [0.0, 0.0, 2.0]])
        >>> labels = torch.tensor([0, 1, 2])
        >>> bool(LglInr(beta=5)(logits, labels) > LglInr(beta=0)(logits, labels))
        True
    """

    Options = LglInrOptions
    compares_classes = True
    one_vs_all = True

    def _loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        is_true = is_true_class(labels, logits.shape[1]).to(logits.dtype)
        weights = self._weights(logits if self.options.attach else logits.detach(), labels, is_true)
        terms = F.binary_cross_entropy_with_logits(logits, is_true, reduction="none")
        return (weights * terms).sum()

    def _weights(self, logits: Tensor, labels: Tensor, is_true: Tensor) -> Tensor:
        """What each term counts, ``(N, K)``: of class j and output k, λ_jk over the count of j."""
        counts = is_true.sum(0)[:, None]
        size = counts.clamp(min=1)
        # Not -inf: of an output without any negative a softmax would be NaN.
        least = torch.finfo(logits.dtype).min
        scores = (is_true.T @ logits.sigmoid()) * (self.options.beta / size)
        scores = scores.masked_fill_(counts == 0, least).fill_diagonal_(least)
        # Rows of absent classes are never looked up, so they may hold anything.
        shares: Tensor = scores.softmax(0).clone().fill_diagonal_(1)
        return (shares / size).index_select(0, labels)
