"""One optimisation step of the conditional variational autoencoder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.optim import Optimizer

from xaitool.core.counterfactuals.base import counterfactual_values
from xaitool.core.counterfactuals.cvae_losses import (
    Reconstruction,
    drawn_codes,
    kl_divergence,
    reconstruction_error,
    tie_error,
)
from xaitool.core.models.counterfactuals.cvae import Cvae


@dataclass(frozen=True, kw_only=True)
class CvaeObjective:
    """How much each term counts; the reconstruction counts 1.

    Attributes:
        beta: Of the divergence; 1 in the paper's equation 4, .65 in its code for CelebA, which
            amounts to 1.95 here because its reconstruction is a mean over three channels.
        reconstruction: See `reconstruction_error`.
        tie: Of `tie_error`; 0, the published behaviour: it is not computed.
    """

    beta: float = 1.0
    reconstruction: Reconstruction = "bce"
    tie: float = 0.0


class CvaeDraws(NamedTuple):
    """What is drawn for each image.

    Attributes:
        noise: ``(N, latent)``, standard normal.
        counterfactual: int64 ``(N, A)``, other values of the attributes.
        places: ``(N, 1)``, uniform in [0, 1]: where between its own and the other attributes the
            image is tied.
    """

    noise: Tensor
    counterfactual: Tensor
    places: Tensor


def cvae_draws(model: Cvae, attributes: Tensor, random: torch.Generator) -> CvaeDraws:
    """Draw for a batch.

    Args:
        model: The autoencoder.
        attributes: int64 ``(N, A)``, those of the images.
        random: A CPU generator.
    """
    count, weights = len(attributes), next(model.parameters())
    noise = torch.randn(count, model.latent, generator=random, dtype=weights.dtype)
    counterfactual = counterfactual_values(attributes, model.attributes, random)
    places = torch.rand(count, 1, generator=random, dtype=weights.dtype)
    device = weights.device
    return CvaeDraws(
        noise.to(device, non_blocking=True),
        counterfactual,
        places.to(device, non_blocking=True),
    )


def cvae_terms(
    model: Cvae,
    images: Tensor,
    labels: Tensor,
    attributes: Tensor,
    draws: CvaeDraws,
    objective: CvaeObjective,
) -> dict[str, Tensor]:
    """What the autoencoder minimises, image by image.

    Args:
        model: The autoencoder.
        images: ``(N, C, H, W)`` in [0, 1].
        labels: int64 ``(N,)``.
        attributes: int64 ``(N, A)``.
        draws: One code an image, as usual; see `cvae_draws`.
        objective: The weights.

    Returns:
        ``(N,)`` each: ``loss``; its parts before they are weighed, ``reconstruction``, ``kl`` and,
        where it has a weight, ``tie``. With weights 1 and 0 the loss is the negative evidence lower
        bound, equation 4 of the paper.
    """
    condition = model.one_hot(attributes)
    mean, log_variance = model.encode(images, labels, condition)
    codes = drawn_codes(mean, log_variance, draws.noise)
    terms = {"kl": kl_divergence(mean, log_variance)}
    if objective.tie:
        moved = torch.lerp(condition, model.one_hot(draws.counterfactual), draws.places)
        # In one batch, so that both have the same batch statistics.
        decoded = model.decode_logits(
            codes.repeat(2, 1), labels.repeat(2), torch.cat([condition, moved])
        )
        logits, elsewhere = decoded.chunk(2)
        terms["tie"] = tie_error(elsewhere, images, objective.reconstruction)
    else:
        logits = model.decode_logits(codes, labels, condition)
    terms["reconstruction"] = reconstruction_error(logits, images, objective.reconstruction)
    loss = terms["reconstruction"] + objective.beta * terms["kl"]
    return {"loss": loss + objective.tie * terms["tie"] if objective.tie else loss, **terms}


def cvae_step(
    model: Cvae,
    optimiser: Optimizer,
    images: Tensor,
    labels: Tensor,
    attributes: Tensor,
    random: torch.Generator,
    objective: CvaeObjective,
) -> dict[str, Tensor]:
    """Take one step.

    Args:
        model: In train mode.
        optimiser: Over its parameters.
        images: ``(N, C, H, W)`` in [0, 1].
        labels: int64 ``(N,)``.
        attributes: int64 ``(N, A)``.
        random: CPU generator of what is drawn.
        objective: What is minimised, as a mean over the batch.

    Returns:
        Means over the batch of `cvae_terms`, before the step: detached scalars on the model's
        device.
    """
    draws = cvae_draws(model, attributes, random)
    terms = cvae_terms(model, images, labels, attributes, draws, objective)
    means = {name: values.mean() for name, values in terms.items()}
    optimiser.zero_grad(set_to_none=True)
    means["loss"].backward()
    optimiser.step()
    return {name: value.detach() for name, value in means.items()}
