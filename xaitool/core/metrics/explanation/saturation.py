"""How much of a path of images is of use to a method that integrates gradients along it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from xaitool.errors import ShapeError

DONE = 0.9
"""Share of the change after which a path is saturated; Miglani et al. take it as well."""

LEAST_CHANGE = 0.01
"""In units of the output, a probability; whatever changes less is saturated from its start."""


@dataclass(frozen=True)
class Saturation:
    """What was found of N paths.

    Attributes:
        unsaturated: Share of each path over which the output changes, float64 ``(N,)`` in [0, 1].
        flat: Whether the output does not change along the path, bool ``(N,)``; `unsaturated` is 0.
    """

    unsaturated: Tensor
    flat: Tensor


def saturation(outputs: Tensor, places: Tensor) -> Saturation:
    """The share of each path before its output has made 90 % of its change for good.

    A path is unsaturated until the output stays within 10 % of its change around its last value;
    between two points it is a straight line. The change is the largest distance from the last
    value, which for a rising or falling output is the whole change from start to end: a path whose
    output comes back to where it started has changed on the way. A linear output is unsaturated
    over 0.9 of its path, a step up to where it steps.

    Source: Miglani et al. 2020 split a path where the output first reaches 90 % of its change
    (Left-IG); "for good" is ours, since an output that overshoots or dips goes on changing. So is
    that a change below `LEAST_CHANGE` counts as none: relative to itself even rounding changes.
    The CIA paper (figure 7) shows curves and gives no number.

    Args:
        outputs: What the model says at P points of each path, ``(N, P)``, floating, P at least 2.
        places: Where on the path they lie, ascending from 0 to 1, ``(P,)``.

    Raises:
        ShapeError: A shape does not fit, or places do not ascend from 0 to 1.
    """
    _check(outputs, places)
    outputs, places = outputs.double(), places.double()
    distance = (outputs - outputs[:, -1:]).abs()
    change = distance.amax(1)
    flat = change < LEAST_CHANGE
    # In units of what may be left of the change; it crosses 1 for the last time after `last`.
    left = distance / ((1 - DONE) * change.where(~flat, 1))[:, None]
    order = torch.arange(len(places), device=outputs.device)
    last = order.where(left > 1, 0).amax(1).clamp(max=len(places) - 2)[:, None]
    before, after = left.gather(1, last), left.gather(1, last + 1)
    along = (before - 1) / (before - after).where(before > after, 1)
    start = places[last]
    crossing = start + along * (places[last + 1] - start)
    return Saturation(crossing.squeeze(1).where(~flat, 0), flat)


def _check(outputs: Tensor, places: Tensor) -> None:
    if outputs.ndim != 2 or outputs.shape[1] < 2 or places.shape != outputs.shape[1:]:
        raise ShapeError(
            f"outputs are {tuple(outputs.shape)} at {tuple(places.shape)} places, but "
            "(paths, points) with at least 2 points and (points,) are wanted"
        )
    if places[0] != 0 or places[-1] != 1 or (places.diff() <= 0).any():
        raise ShapeError(
            f"places go from {float(places[0]):g} to {float(places[-1]):g}, but ascending ones "
            "from 0 to 1 are wanted"
        )
