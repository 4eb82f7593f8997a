"""Guidance by the gradient of the discriminator's output."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from xaitool.core.attribution.saliency import Saliency
from xaitool.core.guidance.base import Guidance, magnitude_mask


class SaliencyGuidance(Guidance):
    """The magnitude of the discriminator's gradient at the generated image.

    Source: Nagisetty et al. 2020, "xAI-GAN". Differs from its code: each sample is normalised by
    itself, every sample is masked, and the mask multiplies the gradient as in LogicGAN.
    """

    def mask(
        self, generated: Tensor, discriminator: nn.Module, real: Tensor, random: torch.Generator
    ) -> Tensor:
        """See `Guidance.mask`."""
        method = Saliency(discriminator, rows=len(generated))
        return magnitude_mask(method.attribute(generated, self._score(generated)).values)
