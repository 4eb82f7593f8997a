"""Sets of features to compare."""

import torch

from xaitool.core.metrics.generation import squared_distances


def normal(count, dimension, seed, *, scale=1.0, shift=0.0):
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.randn(count, dimension, generator=generator, dtype=torch.float64)
    return scale * drawn + shift


def on_a_line(*places):
    return torch.tensor(places, dtype=torch.float64)[:, None]


def in_small_parts(patch, numbers):
    """Only so many numbers of a matrix of distances at a time."""
    patch.setattr(squared_distances, "NUMBERS_AT_ONCE", numbers)
