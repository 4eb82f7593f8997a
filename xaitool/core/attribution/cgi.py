"""Counterfactual gradients integration: gradients on a path from the counterfactual image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor

from xaitool.core.attribution.base import Attribution, AttributionMethod
from xaitool.core.attribution.engine.scores import mean_scores
from xaitool.core.attribution.integrated_gradients import quadrature
from xaitool.core.batching import row_chunks
from xaitool.core.gradients import score_and_gradient
from xaitool.core.score import Score
from xaitool.options import Options, option


@dataclass(frozen=True, kw_only=True)
class CounterfactualGradientsOptions(Options):
    """Options of `CounterfactualGradientsIntegration`."""

    steps: int = option(
        50,
        "Gradients along the path, spread evenly over its segments; every segment has at least "
        "the one in its middle.",
        minimum=1,
    )
    residual: bool = option(
        False,
        "Shift the path by what a generator gets wrong of the input, so that it ends at the input "
        "itself.",
    )
    published: bool = option(
        False,
        "Multiply by input minus counterfactual once more, as the paper's equation 7 is printed; "
        "such values promise no sum.",
    )


class CounterfactualGradientsIntegration(AttributionMethod):
    """Sum over a path's segments k of ``dS/dx_i * (p_{k+1,i} - p_{k,i})`` (Qiang et al. 2022).

    The references are the points of one path for each sample, in order: the counterfactual image,
    which has the other value of a sensitive attribute, comes first, the generator's image of the
    input last. Between two points the path is straight, and the gradient is taken at Gauss-Legendre
    nodes of every segment: with as many segments as `steps`, or more, in its middle. A single
    reference is the start of a straight line to the input, and the values are those of
    `IntegratedGradients`.

    Values sum to ``S(last point) - S(first point)``, up to the integration error, which is
    reported; `score_input` is the score of the path's end. That is the input only for a path that
    ends there, by itself or with `residual`, which clips the shifted points to [0, 1].

    Values tell what moving the attribute did to the score, pixel by pixel. For a model that does
    not see the attribute they sum to zero, and where nothing moves they are zero: what a pixel
    contributes beside the attribute is not in them.

    Differences from the paper: equation 7 multiplies the path integral, which contains the path's
    displacement already, by ``x_i - x'_i`` again, so that its values have no unit of the score and
    no sum; `published` does the same, with x the input and x' the first point. The paper's path
    runs from x to x', its text and its factor from x' to x, as ours. The authors' code takes the
    mean gradient along the path times the difference of its ends, which is complete only for a
    straight path, and explains the probability: ``--score probability``.

    Example:
        The attribute is which channel is which.

        >>> import torch
        >>> from xaitool.core.attribution.cgi import CounterfactualGradientsIntegration
        >>> from xaitool.core.score import Score
        >>> _ = torch.manual_seed(0)
        >>> model = torch.nn.Sequential(
        ...     torch.nn.Conv2d(3, 8, 3), torch.nn.ReLU(), torch.nn.Flatten(),
        ...     torch.nn.Linear(288, 10),
        ... )
        >>> images = torch.rand(2, 3, 8, 8)
        >>> places = torch.linspace(0, 1, 51).view(1, -1, 1, 1, 1)
        >>> path = images.flip(1)[:, None].lerp(images[:, None], places)
        >>> method = CounterfactualGradientsIntegration(model)
        >>> result = method.attribute(images, Score(torch.tensor([3, 5])), path)
        >>> bool((result.completeness_gap.abs() < 0.01).all())
        True
    """

    Options = CounterfactualGradientsOptions
    needs_baseline = True
    follows_path = True
    default_baseline = "cvae"

    def _attribute(
        self, inputs: Tensor, score: Score, baselines: Tensor | None, rows: int
    ) -> Attribution:
        path = self._path(inputs, cast(Tensor, baselines))
        values = self._integrate(path, score, rows)
        score_input = mean_scores(self.model, path[:, -1:], score, rows)
        score_baseline = mean_scores(self.model, path[:, :1], score, rows)
        gap = values.flatten(1).sum(1) - (score_input - score_baseline)
        if self.options.published:
            values, gap = values * (inputs - path[:, 0]), torch.full_like(gap, torch.nan)
        return Attribution(values, score_input, score_baseline, gap)

    def _path(self, inputs: Tensor, references: Tensor) -> Tensor:
        """The points that are followed, ``(N, P, C, H, W)`` with P at least 2."""
        if references.shape[1] == 1:
            return torch.cat([references, inputs.unsqueeze(1)], 1)
        if not self.options.residual:
            return references
        path = (references + (inputs - references[:, -1]).unsqueeze(1)).clamp_(0, 1)
        path[:, -1] = inputs  # exactly, not to rounding
        return path

    def _integrate(self, path: Tensor, score: Score, rows: int) -> Tensor:
        """Line integral of the gradient, ``(N, C, H, W)``."""
        segments = path.shape[1] - 1
        nodes, weights = quadrature("gauss-legendre", -(-self.options.steps // segments))
        nodes, weights = nodes.to(path), weights.to(path)
        values = torch.zeros_like(path[:, 0])
        each = segments * len(nodes)
        for chunk in row_chunks(len(path) * each, rows, path.device):
            sample, place = chunk // each, chunk % each
            segment, node = place // len(nodes), place % len(nodes)
            start = path[sample, segment]
            moved = path[sample, segment + 1] - start
            points = start + nodes[node].view(-1, 1, 1, 1) * moved
            _, gradient = score_and_gradient(self.model, points, score.select(sample))
            values.index_add_(0, sample, gradient * moved * weights[node].view(-1, 1, 1, 1))
        return values
