"""The evidence lower bound of a conditional variational autoencoder, image by image."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from xaitool.core.counterfactuals.cvae_losses import (
    Reconstruction,
    drawn_codes,
    kl_divergence,
    reconstruction_error,
)
from xaitool.core.models.counterfactuals.cvae import Cvae


@dataclass(frozen=True)
class ElboTerms:
    """The two terms for N images, in nats.

    Attributes:
        reconstruction: ``-log p(x | z, y, s)`` up to a constant, float64 ``(N,)``.
        kl: ``KL(q(z | x, y, s) || p(z))``, float64 ``(N,)``.
    """

    reconstruction: Tensor
    kl: Tensor

    @property
    def bound(self) -> Tensor:
        """The bound itself, ``(N,)``: the negative sum, whatever β weighed in training."""
        return -(self.reconstruction + self.kl)


@torch.no_grad()
def elbo_terms(
    model: Cvae,
    images: Tensor,
    labels: Tensor,
    attributes: Tensor,
    noise: Tensor,
    kind: Reconstruction,
) -> ElboTerms:
    """Both terms, the expectation over the code estimated by one draw an image.

    Source: Sohn et al. 2015; the CIA paper's equation 4. A mean over many images needs no more
    draws than one each.

    Args:
        model: In eval mode.
        images: ``(N, C, H, W)`` in [0, 1].
        labels: int64 ``(N,)``.
        attributes: int64 ``(N, A)``.
        noise: ``(N, latent)``, standard normal.
        kind: How the model was trained, see `reconstruction_error`.

    Raises:
        ShapeError: Images or attributes are not those of the model.
    """
    vectors = model.one_hot(attributes)
    mean, log_variance = model.encode(images, labels, vectors)
    logits = model.decode_logits(drawn_codes(mean, log_variance, noise), labels, vectors)
    return ElboTerms(
        # In float64: sums over thousands of pixels.
        reconstruction_error(logits.double(), images.double(), kind),
        kl_divergence(mean.double(), log_variance.double()),
    )
