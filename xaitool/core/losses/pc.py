"""Probabilistically compact loss with logit constraints."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from xaitool.core.losses.base import Loss
from xaitool.options import Options, option


@dataclass(frozen=True, kw_only=True)
class PcOptions(Options):
    """Options of `ProbabilisticallyCompact`."""

    margin: float = option(
        0.995,
        "ξ: wanted lead of the true class's probability over each false one's.",
        above=0,
        maximum=1,
    )
    constraint: float = option(0.05, "λ: how much a lead in logits costs.", minimum=0)
    logit: str = option(
        "soft",
        "Over which false class's logit a lead costs: a softmax-weighted mean of all, or the max.",
        choices=("soft", "max"),
        what="logit constraint",
    )
    reduction: str = option(
        "sum",
        "Over the false classes: the paper's sum, or the published code's mean, which gives the "
        "constraint K - 1 times the relative strength.",
        choices=("sum", "mean"),
        what="reduction",
    )


class ProbabilisticallyCompact(Loss):
    """``sum_j relu(p_j + ξ - p_y) + λ relu(a_y - a_j')``, averaged over samples (PC paper).

    The first term (equation 6) is zero exactly where the true class leads every false one by ξ;
    the second (equation 16) holds back the lead in logits. The two pull in opposite directions:
    with ten classes and the paper's ξ and λ the minimum is at a lead of 7.5 logits, p_y = 0.995.

    Equation 6 sums over the false classes; the published code takes their mean (``mean``), which
    moves the minimum to 5.2 logits, p_y = 0.953. Equation 16 takes for j' the most probable false
    class (``max``); the code, and here the default, weighs all of them by the softmax of their
    logits, with a gradient through the weights. The constant C' has no gradient and is left out.

    The gradient vanishes on samples that are far on the wrong side, so that it wants a network
    that has been trained with cross-entropy (`warm_up`).

    Example:
        Without the constraint a lead of the margin costs nothing.

        >>> import torch
        >>> from xaitool.core.losses.pc import ProbabilisticallyCompact
        >>> loss = ProbabilisticallyCompact(margin=0.9, constraint=0)
        >>> labels = torch.tensor([0])
        >>> loss(torch.tensor([[9.0, 0.0, 0.0]]), labels).item()
        0.0
        >>> round(loss(torch.zeros(1, 3), labels).item(), 4)  # 0.9 for each of 2 false classes
        1.8
    """

    Options = PcOptions
    warm_up = True

    def _loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        column = labels[:, None]
        probabilities = logits.softmax(1)
        wanted = probabilities.gather(1, column) - self.options.margin
        misses = (probabilities.scatter(1, column, -torch.inf) - wanted).relu().sum()
        if self.options.reduction == "mean":
            misses = misses / (logits.shape[1] - 1)
        total: Tensor = misses + self.options.constraint * self._lead(logits, column)
        return total / len(logits)

    def _lead(self, logits: Tensor, column: Tensor) -> Tensor:
        """How far the true logit is above the false ones, at least 0, summed over the samples."""
        true, false = logits.gather(1, column), logits.scatter(1, column, -torch.inf)
        if self.options.logit == "max":
            return (true[:, 0] - false.amax(1)).relu().sum()
        return (false.softmax(1) * (true - logits).relu()).sum()
