"""Random draws keyed by what they are for, never by when or where they are made."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import torch
from torch import Tensor


def derive_seed(*keys: int | str | bytes) -> int:
    """A 63-bit seed from any keys: equal keys give equal seeds on every machine.

    Args:
        *keys: Such as the run's seed, a purpose, an epoch, a step.
    """
    digest = hashlib.sha256()
    for key in keys:
        part = key if isinstance(key, bytes) else str(key).encode()
        digest.update(len(part).to_bytes(8, "little") + part)
    return int.from_bytes(digest.digest()[:8], "little") >> 1


def random_stream(*keys: int | str | bytes) -> torch.Generator:
    """A CPU generator for these keys."""
    return torch.Generator().manual_seed(derive_seed(*keys))


def sample_seeds(seed: int, inputs: Tensor) -> list[int]:
    """One seed a sample, from the run's seed and the sample's float32 pixels.

    So neither the order nor the batching of samples changes a random result.

    Args:
        seed: The run's seed.
        inputs: ``(N, ...)``, any floating dtype.
    """
    pixels = inputs.detach().to("cpu", torch.float32).contiguous()
    return [derive_seed(seed, "sample", sample.numpy().tobytes()) for sample in pixels]


def sample_streams(inputs: Tensor, *keys: int | str | bytes) -> Iterator[torch.Generator]:
    """A CPU generator for each sample, from these keys and the sample's float32 pixels.

    Args:
        inputs: ``(N, ...)``, any floating dtype.
        *keys: The run's seed and a purpose, so that two purposes never share a draw.
    """
    for seed in sample_seeds(derive_seed(*keys), inputs):
        yield torch.Generator().manual_seed(seed)
