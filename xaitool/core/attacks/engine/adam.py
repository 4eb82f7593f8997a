"""Adam with one clock a sample, since samples start and end at different times."""

from __future__ import annotations

from torch import Tensor

_FIRST, _SECOND, _SMALL = 0.9, 0.999, 1e-8


def adam_step(
    place: Tensor, slope: Tensor, first: Tensor, second: Tensor, time: Tensor, step_size: float
) -> None:
    """Go one step downhill (Kingma and Ba 2015, algorithm 1, with its constants).

    Args:
        place: What is optimised, ``(n, C, H, W)``; moved in place.
        slope: Its gradient, same shape.
        first: Running mean of the gradients, same shape; updated in place.
        second: Running mean of their squares, same shape; updated in place.
        time: Which step this is of each sample, from 1, ``(n,)``.
        step_size: In units of what is optimised.
    """
    first.lerp_(slope, 1 - _FIRST)
    second.mul_(_SECOND).addcmul_(slope, slope, value=1 - _SECOND)
    clock = time.to(place.dtype).view(-1, 1, 1, 1)
    # Both corrections are a number a sample, so they enter one divisor instead of both moments.
    scale = (1 - _FIRST**clock) / step_size
    divisor = second.sqrt().mul_(scale / (1 - _SECOND**clock).sqrt()).add_(scale * _SMALL)
    place.addcdiv_(first, divisor, value=-1)
