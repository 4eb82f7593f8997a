"""One optimisation step of a GAN whose generator may be guided."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_
from torch.optim import Optimizer

from xaitool.core.guidance.guidance import GuidedImages
from xaitool.core.objectives.base import GanObjective

Guide = Callable[[Tensor], GuidedImages]


def gan_step(
    generator: nn.Module,
    discriminator: nn.Module,
    optimisers: tuple[Optimizer, Optimizer],
    real: Tensor,
    noise: Tensor,
    objective: GanObjective,
    random: torch.Generator,
    *,
    guide: Guide | None = None,
    critic_steps: int = 1,
    clip: float = 0.0,
    explaining: Callable[[], AbstractContextManager[object]] = nullcontext,
) -> dict[str, Tensor]:
    """Update the discriminator, then the generator with the images that were last judged.

    Nothing is read back from the networks' device.

    Args:
        generator: From noise to images in the GAN's range, in train mode.
        discriminator: From such images to logits ``(N, 1)``, in train mode.
        optimisers: The generator's and the discriminator's.
        real: Real images ``(critic_steps * N, C, H, W)`` in the GAN's range.
        noise: ``(critic_steps * N, latent)``.
        objective: What they minimise.
        random: CPU generator for what the objective draws.
        guide: Guides the gradient of generated images; None: a plain step.
        critic_steps: Updates of the discriminator, each on its own part of the images.
        clip: Largest norm of the generator's gradient; 0: any.
        explaining: Called around the explanation, to time it.

    Returns:
        ``loss_d`` (mean over the updates, without penalty), ``loss_g``; where it is guided
        ``mask_mean``, and ``unguided``, the share of images whose explanation is all zero and
        whose gradient is therefore left alone. Detached scalars on the networks' device.
    """
    generator_optimiser, discriminator_optimiser = optimisers
    parts = list(zip(real.chunk(critic_steps), noise.chunk(critic_steps), strict=True))
    losses = []
    for number, (some, latent) in enumerate(parts, 1):
        with torch.set_grad_enabled(number == len(parts)):
            generated = generator(latent)
        losses.append(
            _discriminator_step(
                discriminator, discriminator_optimiser, some, generated, objective, random
            )
        )
    values = {"loss_d": torch.stack(losses).mean()}
    if guide is not None:
        with explaining():
            guided = guide(generated)
        generated = guided.images
        values["mask_mean"] = guided.mask.values.mean()
        values["unguided"] = guided.mask.empty.to(real.dtype).mean()
    # The generator needs the gradient through the discriminator, not the one of its weights.
    learning = [one for one in discriminator.parameters() if one.requires_grad]
    for parameter in learning:
        parameter.requires_grad_(False)
    loss_g = objective.generator_loss(discriminator(generated))
    generator_optimiser.zero_grad(set_to_none=True)
    loss_g.backward()
    for parameter in learning:
        parameter.requires_grad_(True)
    if clip:
        clip_grad_norm_(generator.parameters(), clip)
    generator_optimiser.step()
    return values | {"loss_g": loss_g.detach()}


def _discriminator_step(
    discriminator: nn.Module,
    optimiser: Optimizer,
    real: Tensor,
    generated: Tensor,
    objective: GanObjective,
    random: torch.Generator,
) -> Tensor:
    generated = generated.detach()
    loss = objective.discriminator_loss(discriminator(real), discriminator(generated))
    penalty = objective.penalty(discriminator, real, generated, random)
    optimiser.zero_grad(set_to_none=True)
    (loss if penalty is None else loss + penalty).backward()
    optimiser.step()
    return loss.detach()
