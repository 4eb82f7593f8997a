"""The control: a mask that knows nothing."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from xaitool.core.guidance.base import Guidance, magnitude_mask


class RandomGuidance(Guidance):
    """Uniform random values, normalised as the explanations are."""

    def mask(
        self, generated: Tensor, discriminator: nn.Module, real: Tensor, random: torch.Generator
    ) -> Tensor:
        """See `Guidance.mask`."""
        noise = torch.rand(generated.shape, generator=random).to(generated)
        return magnitude_mask(noise)
