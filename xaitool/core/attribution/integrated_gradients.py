"""Integrated gradients: the score's gradient along the straight line from a baseline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from torch import Tensor

from xaitool.core.attribution.base import Attribution, AttributionMethod
from xaitool.core.attribution.engine.scores import mean_scores
from xaitool.core.attribution.engine.straight_paths import PathPoints, path_attributions
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

    Example:
        >>> import torch
        >>> from xaitool.core.attribution.integrated_gradients import IntegratedGradients
        >>> from xaitool.core.score import Score
        >>> _ = torch.manual_seed(0)
        >>> model = torch.nn.Sequential(
        ...     torch.nn.Conv2d(3, 8, 3), torch.nn.ReLU(), torch.nn.Flatten(),
        ...     torch.nn.Linear(288, 10),
        ... )
        >>> images = torch.rand(2, 3, 8, 8)
        >>> black = torch.zeros(2, 1, 3, 8, 8)
        >>> method = IntegratedGradients(model, steps=200, rule="trapezoid")
        >>> result = method.attribute(images, Score(torch.tensor([3, 5])), black)
        >>> bool((result.completeness_gap.abs() < 0.01).all())
        True
    """

    Options = IntegratedGradientsOptions
    needs_baseline = True

    def _attribute(
        self, inputs: Tensor, score: Score, baselines: Tensor | None, rows: int
    ) -> Attribution:
        references = cast(Tensor, baselines).detach()
        values = self._integrate(inputs, references, score, rows)
        score_input = mean_scores(self.model, inputs.unsqueeze(1), score, rows)
        score_baseline = mean_scores(self.model, references, score, rows)
        gap = values.flatten(1).sum(1) - (score_input - score_baseline)
        return Attribution(values, score_input, score_baseline, gap)

    def _integrate(self, inputs: Tensor, references: Tensor, score: Score, rows: int) -> Tensor:
        nodes, weights = quadrature(self.options.rule, self.options.steps)
        count = references.shape[1]
        lines = torch.arange(len(inputs) * count).repeat_interleave(len(nodes))
        points = PathPoints(
            lines // count,
            lines % count,
            nodes.repeat(len(inputs) * count),
            weights.repeat(len(inputs) * count) / count,
        )
        return path_attributions(
            self.model, inputs, references, score, points.to(inputs.device), rows
        )


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
