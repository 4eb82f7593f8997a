"""Gradients of length one."""

from __future__ import annotations

import torch
from torch import Tensor


def unit(gradient: Tensor) -> Tensor:
    """Each sample's direction of steepest ascent in the Euclidean norm.

    Args:
        gradient: ``(N, C, H, W)``, finite.

    Returns:
        Same shape, each sample of Euclidean length 1; 0 where the gradient is 0.
    """
    smallest = torch.finfo(gradient.dtype).tiny
    # Squares of small gradients would underflow.
    scaled = gradient / gradient.abs().amax((1, 2, 3), keepdim=True).clamp(min=smallest)
    length = torch.linalg.vector_norm(scaled, dim=(1, 2, 3), keepdim=True)
    direction: Tensor = scaled / length.clamp(min=smallest)
    return direction
