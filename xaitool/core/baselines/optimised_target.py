"""The nearest image that a classifier puts into the second class, found by gradient descent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from xaitool.core.baselines.base import Baseline, Need
from xaitool.core.batching import ROWS, row_chunks
from xaitool.core.frozen.untouched import untouched
from xaitool.core.gradients import gradients, logits_with_graph
from xaitool.core.score import Score
from xaitool.core.unit import unit
from xaitool.options import Options, option


@dataclass(frozen=True, kw_only=True)
class OptimisedTargetOptions(Options):
    """Options of `OptimisedTarget`."""

    steps: int = option(100, "Points that are looked at, the image itself first.", minimum=1)
    step_size: float = option(
        0.3, "Euclidean length of the first step; later ones fall linearly to 0.", above=0
    )
    weight: float = option(1.0, "Weight of -log probability beside the distance.", above=0)


class OptimisedTarget(Baseline):
    """Equation 2 of GANMEX without its realism term (Shih et al. 2021).

    The image b in [0, 1] that minimises ``|b - x| - weight * log S_c(b)``: Euclidean distance, and
    the softmax probability of the score's second class c. The paper weighs the terms equally and
    adds ``-log R(b)``, the probability of being a realistic image, for which it trains a GAN. What
    is left out shows why it is needed (its figure 1a): the result is mostly an adversarial example.

    The paper gives no optimiser. Here steps of a given length go down the gradient from x, clamped
    to valid pixels: unlike Adam's, whose length grows with the number of pixels, they suit digits
    and photographs alike. Of all points on the way the one with the least objective is taken among
    those of which c is the prediction, and where there are none, among all; none is the end of
    the search, because the first of class c is not the nearest. `reached` tells which it was.

    Args:
        model: From images ``(N, C, H, W)`` in [0, 1] to logits ``(N, K)``; left as it was.
        **options: The fields of `OptimisedTargetOptions`.

    Example:
        >>> import torch
        >>> from xaitool.core.baselines.optimised_target import OptimisedTarget
        >>> from xaitool.core.score import Score
        >>> _ = torch.manual_seed(0)
        >>> images = torch.rand(2, 3, 8, 8)
        >>> model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(192, 10))
        >>> score = Score(model(images).argmax(1), against=torch.tensor([7, 8]))
        >>> references = OptimisedTarget(model=model, weight=10).for_images(images, score)
        >>> model(references[:, 0]).argmax(1)
        tensor([7, 8])
    """

    Options = OptimisedTargetOptions
    needs = frozenset({Need.MODEL, Need.SECOND_CLASS})

    def __init__(self, *, model: nn.Module, **options: Any) -> None:
        super().__init__(**options)
        self.model = model

    def for_images(self, images: Tensor, score: Score, *, rows: int = ROWS) -> Tensor:
        """References ``(N, 1, C, H, W)``.

        Raises:
            ConfigError: The score has no second class.
            ModelError: No gradient reaches the input.
        """
        against = self._against(score)
        references = torch.empty_like(images)
        with untouched(self.model) as model:
            for chunk in row_chunks(len(images), rows, images.device):
                references[chunk] = self._search(model, images[chunk].detach(), against[chunk])
        return references.unsqueeze(1)

    def _search(self, model: nn.Module, images: Tensor, against: Tensor) -> Tensor:
        options = self.options
        log_probability = Score(against, output="log-probability")
        point = best = images
        least = images.new_full((len(images),), torch.inf)
        arrived = torch.zeros_like(against, dtype=torch.bool)
        for step in range(options.steps):
            point = point.detach().requires_grad_()
            logits = logits_with_graph(model, point)
            distance = torch.linalg.vector_norm(point - images, dim=(1, 2, 3))
            objective = distance - options.weight * log_probability(logits)
            (slope,) = gradients(objective.sum(), point)
            inside = logits.argmax(1) == against
            better = (inside & ~arrived) | ((inside == arrived) & (objective < least))
            arrived |= inside
            least = torch.where(better, objective.detach(), least)
            best = torch.where(better.view(-1, 1, 1, 1), point.detach(), best)
            length = options.step_size * (1 - step / options.steps)
            point = (point.detach() - length * unit(slope)).clamp_(0, 1)
        return best
