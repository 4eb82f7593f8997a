"""Expected gradients: integrated gradients over the distribution of a dataset's references."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from xaitool.core.attribution.engine.straight_paths import PathPoints, path_attributions
from xaitool.core.attribution.integrated_gradients import (
    IntegratedGradients,
    IntegratedGradientsOptions,
)
from xaitool.core.score import Score
from xaitool.core.seeding import sample_seeds
from xaitool.options import option

_GOLDEN = (5**0.5 - 1) / 2


@dataclass(frozen=True, kw_only=True)
class ExpectedGradientsOptions(IntegratedGradientsOptions):
    """Options of `ExpectedGradients`; `steps` and `rule` matter when enumerated."""

    samples: int = option(200, "Points drawn for each image, unless enumerated.", minimum=1)
    sampling: str = option(
        "lattice",
        "How points are chosen: evenly spread from a random start, drawn independently as in the "
        "paper, or enumerated: every reference with all steps of the rule.",
        choices=("lattice", "random", "enumerated"),
        what="sampling",
    )


class ExpectedGradients(IntegratedGradients):
    """Mean of ``(x - b) * dS/dx`` at ``b + a (x - b)`` over references b and a in U(0, 1).

    Source: Erion et al. 2019. Values sum to ``S(x) - mean S(b)``, the mean over all
    references, up to the error of the draws, which `completeness_gap` reports.

    The paper draws pairs (b, a) independently: ``random``. ``lattice`` draws a start only, then
    goes through the references evenly while a turns by the golden ratio, a Kronecker sequence: the
    expectation is the same, the error smaller. ``enumerated`` draws nothing: it is the mean of
    integrated gradients over the references, at ``references * steps`` gradients for each image.
    Draws are keyed by the sample's own seed.

    Example:
        >>> import torch
        >>> from xaitool.core.attribution.expected_gradients import ExpectedGradients
        >>> from xaitool.core.score import Score
        >>> _ = torch.manual_seed(0)
        >>> model = torch.nn.Sequential(
        ...     torch.nn.Conv2d(3, 8, 3), torch.nn.ReLU(), torch.nn.Flatten(),
        ...     torch.nn.Linear(288, 10),
        ... )
        >>> images = torch.rand(2, 3, 8, 8)
        >>> references = torch.rand(2, 30, 3, 8, 8)
        >>> method = ExpectedGradients(model, samples=90)
        >>> result = method.attribute(images, Score(torch.tensor([3, 5])), references)
        >>> bool((result.completeness_gap.abs() < 0.1).all())
        True
    """

    Options = ExpectedGradientsOptions
    default_baseline = "dataset"

    def _integrate(self, inputs: Tensor, references: Tensor, score: Score, rows: int) -> Tensor:
        if self.options.sampling == "enumerated":
            return super()._integrate(inputs, references, score, rows)
        which, where = self._draw(inputs).unbind(1)
        available = references.shape[1]
        points = PathPoints(
            torch.arange(len(inputs)).repeat_interleave(self.options.samples),
            # A draw just below 1 may be rounded up to it.
            (which * available).long().clamp(max=available - 1).flatten(),
            where.flatten(),
            torch.full((where.numel(),), 1 / self.options.samples, dtype=where.dtype),
        )
        return path_attributions(
            self.model, inputs, references, score, points.to(inputs.device), rows
        )

    def _draw(self, inputs: Tensor) -> Tensor:
        """Uniform in [0, 1), float64 ``(N, 2, samples)``: which reference, and where to it."""
        drawn = torch.empty(len(inputs), 2, self.options.samples, dtype=torch.float64)
        for row, seed in enumerate(sample_seeds(self.seed, inputs)):
            generator = torch.Generator().manual_seed(seed)
            drawn[row].uniform_(generator=generator)
        if self.options.sampling == "random":
            return drawn
        turn = torch.arange(drawn.shape[2], dtype=drawn.dtype)
        which, where = drawn[:, :, :1].unbind(1)
        return torch.stack([(turn + which) / len(turn), (where + turn * _GOLDEN) % 1], 1)
