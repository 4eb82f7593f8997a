"""FGSM: one step by the gradient's sign."""

from __future__ import annotations

from typing import ClassVar

from xaitool.core.attacks.base import AttackKind
from xaitool.core.attacks.sign_ascent import SignAscent, SignAscentOptions
from xaitool.options import Options


class FastGradientSign(SignAscent):
    """The fast gradient sign method (Goodfellow et al. 2015, section 4).

    ``clamp(x + epsilon * sign(gradient of the loss), 0, 1)``. Samples that are misclassified
    already are moved, too, as in the paper. The paper does not clamp.

    Example:
        >>> import torch
        >>> from xaitool.core.attacks.fgsm import FastGradientSign
        >>> _ = torch.manual_seed(0)
        >>> model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(192, 10))
        >>> images = torch.rand(4, 3, 8, 8)
        >>> labels = model(images).argmax(1)
        >>> attack = FastGradientSign(epsilon=0.1)
        >>> adversarial = attack(model, images, labels, generator=torch.Generator())
        >>> bool(((adversarial - images).abs() <= 0.1 + 1e-6).all())
        True
        >>> bool((model(adversarial).argmax(1) != labels).all())
        True
    """

    Options: ClassVar[type[Options]] = SignAscentOptions
    kind: ClassVar[AttackKind] = "one-step"

    @property
    def _steps(self) -> int:
        return 1

    @property
    def _step_size(self) -> float:
        return float(self.options.epsilon)

    @property
    def _stop_early(self) -> bool:
        return False
