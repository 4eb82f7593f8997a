"""Adam with one clock a sample, since samples start and end at different times."""

from __future__ import annotations

from torch import Tensor

_FIRST, _SECOND, _SMALL = 0.9, 0.999, 1e-8


def adam_step(
    gradient: Tensor, first: Tensor, second: Tensor, time: Tensor, step_size: float
) -> Tensor:
    """One step downhill (Kingma and Ba 2015, algorithm 1, with its constants).

    Args:
        gradient: ``(n, C, H, W)``.
        first: Running mean of the gradients, same shape; updated in place.
        second: Running mean of their squares, same shape; updated in place.
        time: Which step this is of each sample, from 1, ``(n,)``.
        step_size: In units of what is optimised.

    Returns:
        What to add, ``(n, C, H, W)``.
    """
    first.lerp_(gradient, 1 - _FIRST)
    second.mul_(_SECOND).addcmul_(gradient, gradient, value=1 - _SECOND)
    clock = time.to(gradient.dtype).view(-1, 1, 1, 1)
    size = (second / (1 - _SECOND**clock)).sqrt_().add_(_SMALL)
    step: Tensor = first * (-step_size / (1 - _FIRST**clock))
    return step.div_(size)
