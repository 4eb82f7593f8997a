"""Saliency: the gradient of the score at the input."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from xaitool.core.attribution.base import Attribution, AttributionMethod
from xaitool.core.batching import row_chunks
from xaitool.core.gradients import score_and_gradient
from xaitool.core.score import Score
from xaitool.options import Options, option


@dataclass(frozen=True, kw_only=True)
class SaliencyOptions(Options):
    """Options of `Saliency`."""

    absolute: bool = option(False, "Take the absolute value of the gradient, as the paper does.")


class Saliency(AttributionMethod):
    """Gradient of the score at the input (Simonyan et al. 2013, equation 4).

    Values are in score units per unit of pixel value. There is no baseline, so `score_baseline`
    and `completeness_gap` are NaN. The paper's map is the absolute value, its maximum over the
    channels; here the sign and the channels are kept, because every attribution is signed and
    has the shape of the input. `absolute` drops the sign.

    Example:
        Of a linear model the gradient is the weights.

        >>> import torch
        >>> from xaitool.core.attribution.saliency import Saliency
        >>> from xaitool.core.score import Score
        >>> _ = torch.manual_seed(0)
        >>> model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(48, 10))
        >>> images = torch.rand(2, 3, 4, 4)
        >>> result = Saliency(model, absolute=True).attribute(images, Score(torch.tensor([3, 5])))
        >>> torch.allclose(result.values.flatten(1), model[1].weight[[3, 5]].abs())
        True
    """

    Options = SaliencyOptions

    def _attribute(
        self, inputs: Tensor, score: Score, baselines: Tensor | None, rows: int
    ) -> Attribution:
        values = torch.empty_like(inputs)
        score_input = inputs.new_empty(len(inputs))
        for chunk in row_chunks(len(inputs), rows, inputs.device):
            score_input[chunk], values[chunk] = score_and_gradient(
                self.model, inputs[chunk], score.select(chunk)
            )
        nothing = torch.full_like(score_input, torch.nan)
        return Attribution(
            values.abs() if self.options.absolute else values, score_input, nothing, nothing
        )
