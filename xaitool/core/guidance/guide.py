"""What a mask does to the gradient at a generator's output."""

from __future__ import annotations

import torch
from torch import Tensor


def guide(
    gradient: Tensor,
    mask: Tensor,
    *,
    combination: str = "pure",
    strength: Tensor | float = 1.0,
    offset: float = 0.0,
    rescale: bool = False,
) -> Tensor:
    """The gradient, masked.

    Args:
        gradient: Of the generator's loss at its output, ``(N, C, H, W)``.
        mask: Same shape, in [-1, 1].
        combination: ``pure``: ``gradient (1 - strength + strength mask)``, LogicGAN's Algorithm 1,
            line 7, at strength 1; ``boost``: ``gradient (1 + strength mask)``, xAI-GAN at 0.2.
        strength: 0 leaves the gradient as it is, bit for bit. A number, or one a sample
            ``(N, 1, 1, 1)``.
        offset: Added to the mask.
        rescale: Divide the factor of the gradient by its mean magnitude in each sample.
    """
    shift = offset - 1 if combination == "pure" else offset
    factor = 1 + strength * (mask + shift)
    if rescale:
        size = factor.abs().mean((1, 2, 3), keepdim=True)
        factor = factor / torch.where(size > 0, size, 1.0)
    return gradient * factor
