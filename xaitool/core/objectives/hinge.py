"""The hinge objective."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from xaitool.core.objectives.base import GanObjective


class Hinge(GanObjective):
    """A margin of 1 on either side of 0 for the discriminator; the generator raises its logits.

    Lim and Ye 2017 (Geometric GAN); Miyato et al. 2018, equations 16 and 17. The spectral
    normalisation that the latter combine it with is a matter of the network.
    """

    def discriminator_loss(self, real_logits: Tensor, generated_logits: Tensor) -> Tensor:
        """See `GanObjective.discriminator_loss`."""
        return F.relu(1 - real_logits).mean() + F.relu(1 + generated_logits).mean()

    def generator_loss(self, generated_logits: Tensor) -> Tensor:
        """See `GanObjective.generator_loss`."""
        return -generated_logits.mean()
