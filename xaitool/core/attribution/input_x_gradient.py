"""Input times gradient."""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor

from xaitool.core.attribution.base import Attribution, AttributionMethod
from xaitool.core.attribution.saliency import Saliency
from xaitool.core.score import Score


class InputXGradient(AttributionMethod):
    """``x * dS/dx``, pixel by pixel (Shrikumar et al. 2016, "Not just a black box").

    Values are in score units. Their sum is ``S(x) - S(0)`` for a linear model only, so nothing is
    promised: `score_baseline` and `completeness_gap` are NaN. x is the image in [0, 1], before the
    model normalises it: a black pixel has the value 0.

    Example:
        Of a linear model the values sum to the score less that of a black image.

        >>> import torch
        >>> from xaitool.core.attribution.input_x_gradient import InputXGradient
        >>> from xaitool.core.score import Score
        >>> _ = torch.manual_seed(0)
        >>> model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(48, 10))
        >>> images = torch.rand(2, 3, 4, 4)
        >>> result = InputXGradient(model).attribute(images, Score(torch.tensor([3, 5])))
        >>> from_black = result.score_input - model[1].bias[[3, 5]]
        >>> torch.allclose(result.values.sum((1, 2, 3)), from_black)
        True
    """

    def _attribute(
        self, inputs: Tensor, score: Score, baselines: Tensor | None, rows: int
    ) -> Attribution:
        slope = Saliency(self.model).attribute(inputs, score, rows=rows)
        return replace(slope, values=inputs * slope.values)
