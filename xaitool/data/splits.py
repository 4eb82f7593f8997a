"""Splits that never change: neither with the run's seed, nor with a library's version."""

from __future__ import annotations

import hashlib

import torch
from torch import Tensor

from xaitool.errors import ConfigError

SPLIT_SEED = 0
"""Seed of the test split of datasets that come without one."""

TEST_FRACTION = 0.2
"""Share of such a dataset that is its test split."""


def stratified_split(labels: Tensor, fraction: float, seed: int) -> tuple[Tensor, Tensor]:
    """Split samples so that every class gives the same share.

    Within a class the samples are ranked by the SHA-256 of seed and index, so the split is the
    same on every machine and with every version of every library. Of a class of n samples
    ``round(fraction * n)`` are held out, at least one and at most n - 1; a class of one sample is
    not held out, and of the fraction 0 none is.

    Args:
        labels: int64 ``(N,)``.
        fraction: Share that is held out, in [0, 1).
        seed: Chooses the split.

    Returns:
        Indices of the training samples and of the held-out samples, int64, both ascending.

    Raises:
        ConfigError: `fraction` is below 0, or 1 or more.
    """
    if not 0 <= fraction < 1:
        raise ConfigError(
            f"held-out fraction is {fraction}, but a number from 0 to less than 1 is wanted"
        )
    held_out = torch.zeros(len(labels), dtype=torch.bool)
    if fraction == 0:
        return (~held_out).nonzero().squeeze(1), held_out.nonzero().squeeze(1)
    by_class = labels.argsort(stable=True).split(labels.unique(return_counts=True)[1].tolist())
    for members in map(Tensor.tolist, by_class):
        count = min(max(int(fraction * len(members) + 0.5), 1), len(members) - 1)
        members.sort(key=lambda index: hashlib.sha256(f"{seed}:{index}".encode()).digest())
        held_out[members[:count]] = True
    return (~held_out).nonzero().squeeze(1), held_out.nonzero().squeeze(1)
