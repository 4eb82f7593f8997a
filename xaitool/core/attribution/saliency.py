"""Saliency: the gradient of the score at the input."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from xaitool.core.attribution.base import Attribution, AttributionMethod
from xaitool.core.batching import row_chunks
from xaitool.core.gradients import gradients
from xaitool.core.score import Score
from xaitool.core.users_model import class_name, guarded
from xaitool.errors import ModelError
from xaitool.options import Options, option

CUT = (
    "remove detach() and no_grad() from its forward; of a model that was quantised or optimised "
    "for inference explain the original, or use occlusion"
)
"""What to do about a model that cuts the graph."""


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
        Continues that of `AttributionMethod`.

        >>> result = Saliency(model, absolute=True).attribute(images, score)
        >>> bool((result.values >= 0).all())
        True
    """

    Options = SaliencyOptions

    def _attribute(self, inputs: Tensor, score: Score, baselines: Tensor | None) -> Attribution:
        values = torch.empty_like(inputs)
        score_input = inputs.new_empty(len(inputs))
        for rows in row_chunks(len(inputs), self.rows, inputs.device):
            score_input[rows], values[rows] = score_and_gradient(
                self.model, inputs[rows], score.select(rows)
            )
        nothing = torch.full_like(score_input, torch.nan)
        return Attribution(
            values.abs() if self.options.absolute else values, score_input, nothing, nothing
        )


def score_and_gradient(model: nn.Module, points: Tensor, score: Score) -> tuple[Tensor, Tensor]:
    """Score and its gradient at each point, in one forward and one backward pass.

    Args:
        model: From images to logits, frozen and in eval mode.
        points: ``(n, C, H, W)``.
        score: For these n points.

    Returns:
        Scores ``(n,)`` and gradients ``(n, C, H, W)``, both detached.

    Raises:
        ModelError: No gradient reaches the input.
    """
    points = points.detach().requires_grad_()
    scores = score(logits_with_graph(model, points))
    (gradient,) = gradients(scores.sum(), points)
    return scores.detach(), gradient


def logits_with_graph(model: nn.Module, points: Tensor) -> Tensor:
    """Logits from which a gradient at `points` can be computed.

    Args:
        model: From images to logits.
        points: ``(n, C, H, W)``, a leaf that requires a gradient.

    Raises:
        ModelError: The model cuts the graph.
    """
    logits: Tensor = guarded(model)(points)
    if not logits.requires_grad:
        raise ModelError(
            f"the output of {class_name(model)} has no gradient with respect to its input, "
            "but a gradient method needs one",
            hint=CUT,
        )
    return logits
