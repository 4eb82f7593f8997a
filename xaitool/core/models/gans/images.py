"""Samples of a generator, and the ranges of pixels on its two sides."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from xaitool.core.seeding import random_stream as keyed


def to_pixels(generated: Tensor) -> Tensor:
    """From the GAN's range [-1, 1] to pixels in [0, 1]."""
    return generated.add(1).div(2)


def from_pixels(images: Tensor) -> Tensor:
    """From pixels in [0, 1] to the GAN's range [-1, 1]."""
    return images.mul(2).sub(1)


def noise(count: int, latent: int, *keys: int | str, like: Tensor) -> Tensor:
    """Standard normal noise ``(count, latent)`` keyed by `keys`; dtype and device of `like`."""
    return torch.randn(count, latent, generator=keyed(*keys)).to(like)


@torch.no_grad()
def sample(generator: nn.Module, noise: Tensor, rows: int = 500) -> Tensor:
    """Images ``(N, C, H, W)`` in [0, 1] of a generator, in eval mode; its mode is restored."""
    training = generator.training
    generator.eval()
    # A user's own generator may write into its noise.
    images = torch.cat([to_pixels(generator(part)) for part in noise.clone().split(rows)])
    generator.train(training)
    return images
