"""Adversarial copies of training batches."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from xaitool.core.attacks.base import FixedBudgetAttack
from xaitool.options import option_fields


class AdversarialCopies:
    """Attacks each training batch under a budget of its own, drawn from a range.

    PC paper, "Combining with adversarial training": one adversarial image for each clean one, FGSM
    within [0.1, 0.3] for grey and five steps of PGD within [0, 0.1] for colour images. The model
    is attacked in eval mode, as it will be when it is judged, so that the attack changes no
    statistics of batch normalisation; the step that follows normalises clean and adversarial
    images together. Every image takes all steps, also one that is misclassified already. The
    attack maximises cross-entropy whatever the loss of the training.

    Args:
        attack: The attack's class.
        lowest: Lower end of the budget's range, in pixel values, at least 0; never drawn itself
            unless it is the upper end.
        highest: Upper end, above 0, at most 1.
        steps: Of an attack that takes several.
    """

    def __init__(
        self, attack: type[FixedBudgetAttack], lowest: float, highest: float, *, steps: int
    ) -> None:
        self.attack = attack
        self.lowest, self.highest = lowest, highest
        known = {field.name for field in option_fields(attack.Options)}
        wanted = {"steps": steps, "stop_early": False}
        self._options = {name: value for name, value in wanted.items() if name in known}

    def __call__(
        self, model: nn.Module, images: Tensor, labels: Tensor, generator: torch.Generator
    ) -> Tensor:
        """One adversarial copy of each image, ``(N, C, H, W)``, detached.

        Args:
            model: From images ``(N, C, H, W)`` in [0, 1] to logits ``(N, K)``; left as it was.
            images: The batch.
            labels: int64 ``(N,)``.
            generator: Draws the budget; its seed is that of the attack.
        """
        share = 1 - torch.rand((), generator=generator).item()
        epsilon = self.lowest + share * (self.highest - self.lowest)
        attack = self.attack(epsilon=epsilon, rows=len(images), **self._options)
        return attack(model, images, labels, generator=generator)
