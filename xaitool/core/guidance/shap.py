"""LogicGAN's guidance: DeepSHAP of the discriminator's output."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from xaitool.core.attribution.deep_shap import DeepShap
from xaitool.core.guidance.base import Guidance, magnitude_mask


class ShapGuidance(Guidance):
    """The magnitude of DeepSHAP against real images drawn anew at every step.

    Source: Graves et al. 2020, "LogicGAN", section 4.2 and Algorithm 1. Differs from the published
    code: the mask is applied at the generator's output, so that tanh's derivative stays in the
    gradient (its module hook dropped it); the discriminator is explained in eval mode (its dropout
    was active and differed between input and reference); the references are drawn at every step
    instead of once a run; each sample is normalised by itself.
    """

    def mask(
        self, generated: Tensor, discriminator: nn.Module, real: Tensor, random: torch.Generator
    ) -> Tensor:
        """See `Guidance.mask`."""
        count = len(generated) * self.references
        chosen = torch.randint(len(real), (count,), generator=random).to(real.device)
        references = real[chosen].unflatten(0, (len(generated), self.references))
        method = DeepShap(discriminator, rows=2 * count)
        return magnitude_mask(
            method.attribute(generated, self._score(generated), references).values
        )
