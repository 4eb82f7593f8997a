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
        Continues that of `Attack`.

        >>> adversarial = FastGradientSign(epsilon=0.1)(
        ...     model, images, labels, generator=torch.Generator()
        ... )
        >>> adversarial.shape
        torch.Size([4, 3, 8, 8])
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
