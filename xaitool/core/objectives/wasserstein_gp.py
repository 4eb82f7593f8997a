"""The Wasserstein objective with a gradient penalty."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from xaitool.core.objectives.base import GanObjective
from xaitool.core.objectives.critic_losses import adversarial_loss, critic_loss, gradient_penalty
from xaitool.options import Options, option


@dataclass(frozen=True, kw_only=True)
class WassersteinOptions(Options):
    """Options of `WassersteinGradientPenalty`."""

    gradient_penalty: float = option(
        10.0, "λ, the weight of the gradient penalty; 0: none.", minimum=0, unit="WEIGHT"
    )


class WassersteinGradientPenalty(GanObjective):
    """``E[D(G(z))] - E[D(x)]``, with a critic whose gradient is held at norm 1.

    Gulrajani et al. 2017 (WGAN-GP), Algorithm 1: penalty ``λ (|gradient| - 1)^2``, two-sided, at
    points between real and generated images, λ = 10 and five steps of the critic for one of the
    generator. The paper's Adam has no first decay to speak of (β1 0, β2 0.9).

    The penalty is a sample's own, so the critic has no batch normalisation (their section 4). In
    train mode a critic's dropout stays active in the penalty. Values of the critic are differences
    only, so nothing says below which an image is judged generated.
    """

    Options = WassersteinOptions
    boundary = None
    default_critic_steps = 5
    per_sample_critic = True

    def discriminator_loss(self, real_logits: Tensor, generated_logits: Tensor) -> Tensor:
        """See `GanObjective.discriminator_loss`."""
        return critic_loss(real_logits, generated_logits, "wasserstein")

    def generator_loss(self, generated_logits: Tensor) -> Tensor:
        """See `GanObjective.generator_loss`."""
        return adversarial_loss(generated_logits, "wasserstein")

    def penalty(
        self,
        discriminator: Callable[[Tensor], Tensor],
        real: Tensor,
        generated: Tensor,
        random: torch.Generator,
    ) -> Tensor | None:
        """See `GanObjective.penalty`; draws one point between each two images."""
        weight = self.options.gradient_penalty
        if weight == 0:
            return None
        share = torch.rand(len(real), 1, 1, 1, generator=random, dtype=real.dtype)
        share = share.to(real.device, non_blocking=True)
        found: Tensor = weight * gradient_penalty(discriminator, real, generated.detach(), share)
        return found
