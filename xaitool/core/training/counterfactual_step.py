"""One optimisation step of GANMEX's counterfactual generator."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Optimizer

from xaitool.core.models.counterfactuals.patch_critic import PatchCritic
from xaitool.core.models.counterfactuals.stargan import StarGANGenerator
from xaitool.core.models.gans.images import from_pixels, to_pixels
from xaitool.core.objectives.critic_losses import (
    LossWeights,
    adversarial_loss,
    critic_loss,
    gradient_penalty,
)
from xaitool.errors import ConfigError


class _Batch(NamedTuple):
    """Images in the GAN's range, their classes, the classes asked for, and what was generated."""

    real: Tensor
    labels: Tensor
    targets: Tensor
    generated: Tensor


def counterfactual_step(
    generator: StarGANGenerator,
    critic: PatchCritic,
    optimisers: tuple[Optimizer, Optimizer],
    images: Tensor,
    labels: Tensor,
    random: torch.Generator,
    *,
    weights: LossWeights,
    critic_steps: int,
    classifier: nn.Module | None,
    include_source: bool = False,
) -> dict[str, Tensor]:
    """Update the critic on each of `critic_steps` parts, then the generator on the last part.

    The generator does not change while the critic learns, so its images for all parts are made
    before, and the generator's own update goes on from those of the last part.

    Args:
        generator: In the GAN's range.
        critic: With a class head where `classifier` is None.
        optimisers: The generator's and the critic's.
        images: ``(M, C, H, W)`` in [0, 1], split as ``torch.chunk`` does.
        labels: Their classes, int64 ``(M,)``, on the device of the images.
        random: CPU generator of the target classes and of the gradient penalty's points.
        weights: Of the losses.
        critic_steps: Updates of the critic; StarGAN takes 5, the GANMEX authors 1.
        classifier: What is to be explained, from images in [0, 1] to logits ``(N, K)``, in eval
            mode; it is never changed and gets no gradient buffers. None trains the critic's class
            head on real images and steers by that (the paper's stand-alone ablation).
        include_source: Whether a target may be the image's own class, as in the authors' code.

    Returns:
        Detached scalars on the networks' device. Means over the critic's updates: ``loss_critic``,
        ``wasserstein`` (mean patch of real images less that of generated ones),
        ``gradient_penalty``, ``classification_real`` (stand-alone only). Of the generator's:
        ``loss_generator``, ``adversarial``, ``classification``, ``reconstruction``,
        ``similarity``; the last two in units of [-1, 1], the others in nats or in the critic's
        units. Terms of weight 0 are not computed and left out.
    """
    generator_optimiser, critic_optimiser = optimisers
    drawn = draw_targets(labels, generator.classes, random, include_source)
    *earlier, last = _batches(generator, from_pixels(images), labels, drawn, critic_steps)
    judged = []
    for batch in (*earlier, last):
        terms = _critic_terms(critic, batch, weights, classifier is None, random)
        _descend(critic_optimiser, critic, terms["loss_critic"])
        judged.append(terms)
    terms = _generator_terms(generator, critic, last, weights, classifier)
    _descend(generator_optimiser, generator, terms["loss_generator"])
    means = {name: torch.stack([one[name].detach() for one in judged]).mean() for name in judged[0]}
    return means | {name: value.detach() for name, value in terms.items()}


def draw_targets(
    labels: Tensor, classes: int, random: torch.Generator, include_source: bool = False
) -> Tensor:
    """A class for each sample, uniform over the others, or over all with `include_source`.

    Args:
        labels: int64 ``(N,)``.
        classes: Number K, at least 2.
        random: CPU generator.
        include_source: Whether a sample's own class may be drawn.

    Returns:
        int64 ``(N,)`` on the device of `labels`.
    """
    first = 0 if include_source else 1
    steps = torch.randint(first, classes, (len(labels),), generator=random)
    return (labels + steps.to(labels.device, non_blocking=True)) % classes


def _batches(
    generator: StarGANGenerator, real: Tensor, labels: Tensor, targets: Tensor, parts: int
) -> list[_Batch]:
    """The parts with their generated images; only the last part's carry gradients."""
    size = len(real.chunk(parts)[0])
    rest = (len(real) - 1) // size * size
    generated = [generator(real[rest:], targets[rest:])]
    if rest:
        with torch.no_grad():
            generated = [*generator(real[:rest], targets[:rest]).split(size), *generated]
    of_parts = (real.split(size), labels.split(size), targets.split(size), generated)
    return [_Batch(*part) for part in zip(*of_parts, strict=True)]


def _critic_terms(
    critic: PatchCritic,
    batch: _Batch,
    weights: LossWeights,
    critic_classifies: bool,
    random: torch.Generator,
) -> dict[str, Tensor]:
    generated = batch.generated.detach()
    patches, logits = critic(torch.cat([batch.real, generated]))
    real_patches, generated_patches = patches.chunk(2)
    loss = critic_loss(real_patches, generated_patches, weights.adversarial_loss)
    terms = {"wasserstein": real_patches.mean() - generated_patches.mean()}
    if weights.gradient_penalty:
        share = torch.rand(len(generated), 1, 1, 1, generator=random, dtype=generated.dtype)
        share = share.to(generated.device, non_blocking=True)
        penalty = gradient_penalty(lambda x: critic(x)[0], batch.real, generated, share)
        terms["gradient_penalty"] = penalty
        loss = loss + weights.gradient_penalty * penalty
    if critic_classifies and weights.classification:
        on_real = F.cross_entropy(_present(logits)[: len(generated)], batch.labels)
        terms["classification_real"] = on_real
        loss = loss + weights.classification * on_real
    return {"loss_critic": loss, **terms}


def _generator_terms(
    generator: StarGANGenerator,
    critic: PatchCritic,
    batch: _Batch,
    weights: LossWeights,
    classifier: nn.Module | None,
) -> dict[str, Tensor]:
    real, labels, targets, generated = batch
    patches, critic_logits = critic(generated)
    terms = {}
    if weights.classification:
        logits = critic_logits if classifier is None else classifier(to_pixels(generated))
        terms["classification"] = F.cross_entropy(_present(logits), targets)
    if weights.reconstruction:
        terms["reconstruction"] = F.l1_loss(generator(generated, labels), real)
    if weights.similarity:
        terms["similarity"] = F.l1_loss(generated, real)
    adversarial = adversarial_loss(patches, weights.adversarial_loss)
    loss = sum((getattr(weights, name) * term for name, term in terms.items()), adversarial)
    return {"loss_generator": loss, "adversarial": adversarial, **terms}


def _present(logits: Tensor | None) -> Tensor:
    if logits is None:
        raise ConfigError(
            "the critic has no class head and no classifier is given, but one of them is wanted"
        )
    return logits


def _descend(optimiser: Optimizer, network: nn.Module, loss: Tensor) -> None:
    """One step of `network` alone: no other network on the way gets a gradient."""
    optimiser.zero_grad(set_to_none=True)
    loss.backward(inputs=list(network.parameters()))
    optimiser.step()
