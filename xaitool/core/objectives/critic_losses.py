"""What the counterfactual generator of GANMEX and its critic minimise.

Shih et al. 2021 (GANMEX), equations 3 to 9; Gulrajani et al. 2017 for the gradient penalty. A
critic's patch map ``(N, 1, h, w)`` counts as its mean.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

AdversarialLoss = Literal["wasserstein", "log"]


@dataclass(frozen=True, kw_only=True)
class LossWeights:
    """How much each term counts; the adversarial one counts 1. A term of weight 0 costs nothing.

    The paper gives no values; these are StarGAN's, and GANMEX's similarity as heavy as its
    reconstruction. L1 terms are means over elements in the GAN's range [-1, 1].

    Attributes:
        adversarial_loss: ``wasserstein`` as in the authors' code, or ``log`` as in the paper.
        classification: Cross-entropy of the target class, of the classifier to be explained; of the
            critic's own class head without one, and its cross-entropy on real images, too.
        reconstruction: L1 from the image to what the generator makes of its output when it is asked
            for the image's own class (equation 6).
        similarity: L1 from the image to the generator's output (equation 9).
        gradient_penalty: Squared deviation of the critic's gradient norm from 1.
    """

    adversarial_loss: AdversarialLoss = "wasserstein"
    classification: float = 1.0
    reconstruction: float = 10.0
    similarity: float = 10.0
    gradient_penalty: float = 10.0


def critic_loss(real: Tensor, generated: Tensor, kind: AdversarialLoss) -> Tensor:
    """What the critic minimises, from its patch maps of real and of generated images.

    ``mean(generated) - mean(real)``, or with ``log`` the binary cross-entropy in nats (equation 3,
    whose minus sign equation 7 has lost).
    """
    if kind == "log":
        return F.softplus(-real).mean() + F.softplus(generated).mean()
    return generated.mean() - real.mean()


def adversarial_loss(generated: Tensor, kind: AdversarialLoss) -> Tensor:
    """What the generator minimises, from the critic's patch map of its images.

    ``-mean(generated)``, or with ``log`` the non-saturating ``-log D``: the ``log(1 - D)`` of
    equation 9 has no gradient where the critic is sure, which is where training begins.
    """
    return F.softplus(-generated).mean() if kind == "log" else -generated.mean()


def gradient_penalty(
    critic: Callable[[Tensor], Tensor], real: Tensor, generated: Tensor, share: Tensor
) -> Tensor:
    """``mean((|gradient of the critic| - 1)^2)`` between real and generated images, two-sided.

    The critic's value is the mean of its patch map, as in the authors' code; StarGAN's published
    code takes the sum. A gradient of exactly 0 counts 1 and moves nothing, where both codes need an
    epsilon or divide by 0.

    Args:
        critic: From images to patch maps.
        real: ``(N, C, H, W)``.
        generated: Same shape, detached.
        share: Of the real image in each sample's point, ``(N, 1, 1, 1)`` in [0, 1].

    Returns:
        A scalar, differentiable in the critic's parameters.
    """
    between = torch.lerp(generated, real, share).requires_grad_()
    values = critic(between).flatten(1).mean(1)
    (gradient,) = torch.autograd.grad(values.sum(), between, create_graph=True)
    norm: Tensor = gradient.flatten(1).norm(dim=1)
    return (norm - 1).square().mean()
