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
        Continues that of `AttributionMethod`.

        >>> InputXGradient(model).attribute(images, score).values.shape
        torch.Size([2, 3, 8, 8])
    """

    def _attribute(self, inputs: Tensor, score: Score, baselines: Tensor | None) -> Attribution:
        slope = Saliency(self.model, rows=self.rows).attribute(inputs, score)
        return replace(slope, values=inputs * slope.values)
