"""Integrated gradients: the score's gradient along the straight line from a baseline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from torch import Tensor

from xaitool.core.attribution.base import Attribution, AttributionMethod
from xaitool.core.attribution.saliency import score_and_gradient
from xaitool.core.attribution.scores import mean_scores
from xaitool.core.batching import row_chunks
from xaitool.core.score import Score
from xaitool.errors import ConfigError
from xaitool.options import Options, option


@dataclass(frozen=True, kw_only=True)
class IntegratedGradientsOptions(Options):
    """Options of `IntegratedGradients`."""

    steps: int = option(50, "Points on the line at which the gradient is taken.", minimum=1)
    rule: str = option(
        "gauss-legendre",
        "How the integral is approximated.",
        choices=("gauss-legendre", "trapezoid"),
        what="integration rule",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.rule == "trapezoid" and self.steps < 2:
            raise ConfigError(
                f"--steps is {self.steps}, but at least 2 is wanted by the rule 'trapezoid'"
            )


class IntegratedGradients(AttributionMethod):
    """``(x - b) * integral of dS/dx`` from b to x (Sundararajan et al. 2017, equations 1 and 3).

    With several references, values and `score_baseline` are means over them. The sum of the
    values is ``S(x) - S(b)`` up to the integration error, which is reported.

    The paper takes the right Riemann sum of 20 to 300 steps. Gauss-Legendre is exact for
    polynomials of degree ``2 * steps - 1`` and needs fewer gradients. The trapezoid rule weighs
    with ``1 / (steps - 1)``, half at the ends; Captum 0.9 weighs with ``1 / steps``, which loses
    that share of every attribution.
    """

    Options = IntegratedGradientsOptions
    needs_baseline = True

    def _attribute(self, inputs: Tensor, score: Score, baselines: Tensor | None) -> Attribution:
        references = cast(Tensor, baselines).detach()
        values = self._integrate(inputs, references, score)
        score_input = mean_scores(self.model, inputs.unsqueeze(1), score, self.rows)
        score_baseline = mean_scores(self.model, references, score, self.rows)
        gap = values.flatten(1).sum(1) - (score_input - score_baseline)
        return Attribution(values, score_input, score_baseline, gap)

    def _integrate(self, inputs: Tensor, references: Tensor, score: Score) -> Tensor:
        nodes, weights = (
            part.to(inputs).view(-1, 1, 1, 1)
            for part in quadrature(self.options.rule, self.options.steps)
        )
        values = torch.zeros_like(inputs)
        count = references.shape[1]
        lines = len(inputs) * count
        for rows in row_chunks(lines * len(nodes), self.rows, inputs.device):
            line, node = rows // len(nodes), rows % len(nodes)
            sample = line // count
            start = references[sample, line % count]
            difference = inputs[sample] - start
            _, gradient = score_and_gradient(
                self.model, start + nodes[node] * difference, score.select(sample)
            )
            values.index_add_(0, sample, gradient * difference * (weights[node] / count))
        return values


def quadrature(rule: str, steps: int) -> tuple[Tensor, Tensor]:
    """Nodes in [0, 1] and weights that sum to 1.

    Args:
        rule: ``gauss-legendre`` or ``trapezoid``.
        steps: How many nodes; at least 2 for the trapezoid rule.

    Returns:
        Two float64 ``(steps,)`` tensors on the CPU.
    """
    if rule == "gauss-legendre":
        nodes, weights = np.polynomial.legendre.leggauss(steps)
        return torch.from_numpy((nodes + 1) / 2), torch.from_numpy(weights / 2)
    even = torch.full((steps,), 1 / (steps - 1), dtype=torch.float64)
    even[[0, -1]] /= 2
    return torch.linspace(0, 1, steps, dtype=torch.float64), even
