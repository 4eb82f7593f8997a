"""The order of a training's samples and what its steps draw, by seed, epoch and step alone.

So a resumed run repeats on the CPU bit for bit what an uninterrupted one does, without any
generator's state being kept.
"""

from __future__ import annotations

import torch
from torch import Tensor

from xaitool.core.seeding import derive_seed, random_stream
from xaitool.workflows.runs.runtime import Runtime


def batches(seed: int, samples: int, batch_size: int, epoch: int) -> tuple[Tensor, ...]:
    """The batches of an epoch, in their order: indices of samples, int64.

    Args:
        seed: The run's.
        samples: Size of the training set.
        batch_size: Samples in a batch; the last one has what is left.
        epoch: From 0 on.
    """
    order = random_stream(seed, "order", epoch)
    return tuple(torch.randperm(samples, generator=order).split(batch_size))


def step_draws(seed: int, epoch: int, step: int, runtime: Runtime) -> torch.Generator:
    """A generator for what a step draws; what its layers draw by themselves is seeded here.

    Args:
        seed: The run's.
        epoch: From 0 on.
        step: Of the epoch, from 0 on.
        runtime: Where the layers compute.
    """
    keys = (seed, "step", epoch, step)
    runtime.seed_layers(derive_seed(*keys, "layers"))
    return random_stream(*keys, "draws")
