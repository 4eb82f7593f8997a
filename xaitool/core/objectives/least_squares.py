"""The least-squares GAN's objective."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from xaitool.core.objectives.base import GanObjective
from xaitool.core.objectives.labels import LabelOptions


class LeastSquares(GanObjective):
    """Half the squared distance of a logit from its label.

    Mao et al. 2017 (LSGAN), equation 9: labels 1 and 0, and the generator's is that of real
    images. The paper's other labels, -1 and 1 with 0 for the generator (equation 8), are not
    offered. The boundary is half-way between the labels.
    """

    Options = LabelOptions

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.boundary = (self.options.real_label + self.options.generated_label) / 2

    def discriminator_loss(self, real_logits: Tensor, generated_logits: Tensor) -> Tensor:
        """See `GanObjective.discriminator_loss`."""
        real = _half_square(real_logits, self.options.real_label)
        return real + _half_square(generated_logits, self.options.generated_label)

    def generator_loss(self, generated_logits: Tensor) -> Tensor:
        """See `GanObjective.generator_loss`."""
        return _half_square(generated_logits, self.options.real_label)


def _half_square(logits: Tensor, label: float) -> Tensor:
    return (logits - label).square().mean() / 2
