"""What the conditional variational autoencoder minimises."""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

Reconstruction = Literal["bce", "squared-error"]


def reconstruction_error(logits: Tensor, images: Tensor, kind: Reconstruction) -> Tensor:
    """How unlike its image each reconstruction is, ``-log p(x | z, y, s)`` up to a constant.

    Args:
        logits: ``(N, C, H, W)``, of the pixels' means.
        images: Same shape, in [0, 1].
        kind: ``bce``: binary cross-entropy in nats, a pixel counting as the probability of a
            Bernoulli variable; ``squared-error``: of the means, a Gaussian of variance 1/2.

    Returns:
        ``(N,)``, sums over pixels and channels. The published code for CelebA takes the mean over
        channels instead, which makes the divergence count for three times as much.
    """
    if kind == "bce":
        errors = F.binary_cross_entropy_with_logits(logits, images, reduction="none")
    else:
        errors = (logits.sigmoid() - images).square()
    return errors.flatten(1).sum(1)


def kl_divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """``KL(N(mean, variance) || N(0, 1))`` in nats, in closed form (Kingma and Welling 2014, B).

    Args:
        mean: ``(N, latent)``.
        log_variance: Same shape.

    Returns:
        ``(N,)``, sums over the code's numbers, at least 0.
    """
    # expm1: exp(v) - 1 - v would lose all digits near v = 0.
    return (mean.square() + log_variance.expm1() - log_variance).sum(1) / 2


def tie_error(logits: Tensor, images: Tensor, kind: Reconstruction) -> Tensor:
    """How unlike its image a decoded one is to an eye that sees no colour.

    The autoencoder's own objective never decodes a code under another attribute than the image's,
    so it does not say that the result is the same digit: any re-arrangement of the codes of one
    attribute serves it as well. This term, which is ours, compares the largest channel of each
    pixel, as `reconstruction_error` does all of them. It does not see whether the colour moves: an
    encoder that is not `blind` may keep the colour in the code, and the decoder ignore the
    attribute.

    Args:
        logits: ``(N, C, H, W)``, decoded under attributes other than the image's.
        images: Same shape, in [0, 1].
        kind: As of `reconstruction_error`.

    Returns:
        ``(N,)``, sums over pixels.
    """
    return reconstruction_error(logits.amax(1, keepdim=True), images.amax(1, keepdim=True), kind)


def drawn_codes(mean: Tensor, log_variance: Tensor, noise: Tensor) -> Tensor:
    """Codes ``(N, latent)`` from ``q(z | x, y, s)``, differentiable in its parameters.

    Args:
        mean: ``(N, latent)``.
        log_variance: Same shape.
        noise: Same shape, standard normal.
    """
    return mean + torch.exp(log_variance / 2) * noise
