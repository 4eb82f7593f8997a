"""No guidance: the plain GAN."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from xaitool.core.guidance.base import Guidance


class NoGuidance(Guidance):
    """Leaves the gradient as it is."""

    def mask(
        self, generated: Tensor, discriminator: nn.Module, real: Tensor, random: torch.Generator
    ) -> None:
        """No mask."""
        return
