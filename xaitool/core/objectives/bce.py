"""The original GAN's objective, non-saturating."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from xaitool.core.objectives.base import GanObjective
from xaitool.core.objectives.labels import LabelOptions


class BinaryCrossEntropy(GanObjective):
    """Binary cross-entropy of real against generated, in nats; the generator's is ``-log D(G(z))``.

    Goodfellow et al. 2014, equation 1, and section 3 for the generator: with the ``log(1 - D)`` of
    equation 1 it would have no gradient where the discriminator is sure. LogicGAN's Algorithm 1
    prints ``Loss(1 - D(G(z)))``, which reads as that, but its text labels generated images "real".

    The published xAI-GAN code smooths its labels to 0.9 and 0.1 and takes 0.9 for the generator's.
    The boundary stays at 0, a probability of one half.
    """

    Options = LabelOptions

    def discriminator_loss(self, real_logits: Tensor, generated_logits: Tensor) -> Tensor:
        """See `GanObjective.discriminator_loss`; the sum of both means, without a factor 1/2."""
        real = _cross_entropy(real_logits, self.options.real_label)
        return real + _cross_entropy(generated_logits, self.options.generated_label)

    def generator_loss(self, generated_logits: Tensor) -> Tensor:
        """See `GanObjective.generator_loss`."""
        return _cross_entropy(generated_logits, self.options.real_label)


def _cross_entropy(logits: Tensor, label: float) -> Tensor:
    losses = label * F.softplus(-logits) + (1 - label) * F.softplus(logits)
    return losses.mean()
