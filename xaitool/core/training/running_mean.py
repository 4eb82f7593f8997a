"""The running mean of a network's weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel


def running_mean(network: nn.Module, decay: float) -> AveragedModel | None:
    """A copy of a network whose weights are the exponential moving average of its own.

    It follows fast at first, because the first weights are random: the decay after n steps is
    ``min(decay, (1 + n) / (10 + n))``, as in TensorFlow's moving averages. Buffers, such as the
    statistics of a batch normalisation, are copied.

    Args:
        network: What is averaged.
        decay: In (0, 1); 0: no copy is made.

    Returns:
        Its `module` is the averaged network; ``update_parameters(network)`` follows a step.
    """
    if not decay:
        return None
    return AveragedModel(network, multi_avg_fn=_averaging(decay))


def _averaging(decay: float) -> Callable[[Any, Any, Any], None]:
    @torch.no_grad()
    def average(means: list[Tensor], weights: list[Tensor], count: Tensor) -> None:
        steps = int(count)
        torch._foreach_lerp_(means, weights, 1 - min(decay, (1 + steps) / (10 + steps)))

    return average
