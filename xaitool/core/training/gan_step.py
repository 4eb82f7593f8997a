"""One optimisation step of a guided GAN."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Optimizer

from xaitool.core.guidance.base import Guidance, guide


def discriminator_loss(real_logits: Tensor, generated_logits: Tensor) -> Tensor:
    """Binary cross-entropy with labels 1 for real and 0 for generated, in nats; ``(N, 1)`` each."""
    return F.softplus(-real_logits).mean() + F.softplus(generated_logits).mean()


def generator_loss(generated_logits: Tensor) -> Tensor:
    """The non-saturating ``-log D(G(z))``, in nats; logits ``(N, 1)``.

    LogicGAN's Algorithm 1 prints ``Loss(1 - D(G(z)))``, which reads as the saturating loss, but its
    text labels generated images "real": this one.
    """
    return F.softplus(-generated_logits).mean()


def gan_step(
    generator: nn.Module,
    discriminator: nn.Module,
    optimisers: tuple[Optimizer, Optimizer],
    real: Tensor,
    noise: Tensor,
    guidance: Guidance,
    random: torch.Generator,
    explaining: Callable[[], AbstractContextManager[object]] = nullcontext,
) -> dict[str, Tensor]:
    """Update the discriminator, then the generator; both see the same generated images.

    Args:
        generator: From noise to images in the GAN's range, in train mode.
        discriminator: From such images to logits ``(N, 1)``, in train mode.
        optimisers: The generator's and the discriminator's.
        real: Real images ``(N, C, H, W)`` in the GAN's range.
        noise: ``(N, latent)``.
        guidance: Masks the generator's gradient.
        random: CPU generator for what the guidance draws.
        explaining: Called around the explanation, to time it.

    Returns:
        ``loss_d`` and ``loss_g`` in nats, detached scalars on the networks' device.
    """
    generator_optimiser, discriminator_optimiser = optimisers
    generated = generator(noise)

    loss_d = discriminator_loss(discriminator(real), discriminator(generated.detach()))
    discriminator_optimiser.zero_grad(set_to_none=True)
    loss_d.backward()
    discriminator_optimiser.step()

    with explaining():
        mask = guidance.mask(generated.detach(), discriminator, real, random)
    if mask is not None:
        generated.register_hook(lambda gradient: guide(gradient, mask))
    # The generator needs the gradient through the discriminator, not the one of its weights.
    discriminator.requires_grad_(False)
    loss_g = generator_loss(discriminator(generated))
    generator_optimiser.zero_grad(set_to_none=True)
    loss_g.backward()
    generator_optimiser.step()
    discriminator.requires_grad_(True)
    return {"loss_d": loss_d.detach(), "loss_g": loss_g.detach()}
