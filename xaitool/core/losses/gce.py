"""Guided complement entropy."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from xaitool.core.losses.base import Loss
from xaitool.core.losses.true_class import is_true_class
from xaitool.options import Options, option


@dataclass(frozen=True, kw_only=True)
class GceOptions(Options):
    """Options of `GuidedComplementEntropy`."""

    alpha: float = option(1 / 3, "α, the power of the true class's probability.", above=0)


class GuidedComplementEntropy(Loss):
    """``-p_y^α H(p over the false classes) / log(K - 1)``, averaged over samples, in [-1, 0].

    Chen et al. 2019, Improving adversarial robustness via guided complement entropy: the false
    classes' probabilities, divided by their sum, shall be even, the more so the likelier the true
    class is. It is -1 where the true class has all probability and the rest is evenly spread.

    The paper divides by log(K - 1), the authors' code by log K; both have α = 1/3 as default. The
    code adds small constants to avoid 0/0 and log 0; here the shares of the false classes are the
    softmax of their logits, the same without any. With two classes there is one false class and
    nothing to spread, so three are wanted.

    Example:
        Least where the false classes are even.

        >>> import torch
        >>> from xaitool.core.losses.gce import GuidedComplementEntropy
        >>> loss = GuidedComplementEntropy()
        >>> labels = torch.tensor([0])
        >>> round(loss(torch.tensor([[30.0, 0.0, 0.0]]), labels).item(), 4)
        -1.0
        >>> round(loss(torch.tensor([[30.0, 2.0, 0.0]]), labels).item(), 4)
        -0.5271
    """

    Options = GceOptions
    fewest_classes = 3

    def _loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        classes = logits.shape[1]
        is_true = is_true_class(labels, classes)
        shares = logits.masked_fill(is_true, -torch.inf).log_softmax(1)
        # The own class has no share: 0, where 0 times -inf would be NaN.
        entropies = -(shares.exp() * shares.masked_fill(is_true, 0)).sum(1)
        true = logits.log_softmax(1).gather(1, labels[:, None])[:, 0]
        guide: Tensor = (self.options.alpha * true).exp()
        return -(guide * entropies).mean() / math.log(classes - 1)
