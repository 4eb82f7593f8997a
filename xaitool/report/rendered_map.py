"""What an attribution looks like: which number a pixel has, and which colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from xaitool.errors import ShapeError, UnknownNameError
from xaitool.report.colour import (
    check_map,
    colour_diverging,
    colour_scale,
    colour_sequential,
    relative,
)
from xaitool.report.pixels import Pixels
from xaitool.report.renderings import RENDERINGS, Rendering
from xaitool.report.text import number

LOW, HIGH = 80, 99


@dataclass(frozen=True)
class RenderedMap:
    """A map ready to be drawn.

    Attributes:
        levels: Part of the full colour, ``(H, W)`` in [-1, 1]; 0 is white.
        diverging: Whether values below zero have a colour of their own, blue.
        reverse: Whether that colour is red, and that of values above zero blue.
        labels: Values along the colour bar, from top to bottom, evenly spaced.
    """

    levels: NDArray[np.floating]
    diverging: bool
    labels: tuple[str, ...]
    reverse: bool = False

    @property
    def colours(self) -> Pixels:
        """``(H, W, 3)``."""
        return coloured(self.levels, self.diverging, self.reverse)


def coloured(levels: NDArray[np.floating], diverging: bool, reverse: bool = False) -> Pixels:
    """Colours ``(H, W, 3)`` of levels in [-1, 1]."""
    if not diverging:
        return colour_sequential(levels, 1.0)
    return colour_diverging(-levels if reverse else levels, 1.0)


def render_maps(attributions: Sequence[Tensor], rendering: Rendering) -> list[RenderedMap]:
    """Attributions of one method, each on its own scale, all in one colour map.

    - ``signed``: the sum over channels. Blue, white and red, symmetric about zero, where any of
      the maps has a negative value, else white to dark red.
    - ``reversed``: the same in red, white and blue, as in the figures of GANMEX (Shih et al. 2021,
      appendix A.3: "blue color indicates positive values and red color indicates negative values").
    - ``absolute``: the magnitude of that sum, white to dark red. Not the sum of magnitudes: a
      pixel's contribution is the sum of its channels', and this is the number that the metrics
      rank, so that channels which cancel each other do not look important.
    - ``percentile``: the figures of AGI (Pan et al. 2021, in the authors' code): the mean over
      channels from its 80th percentile, white, to its 99th, dark red. The authors' maps are
      black to white, and their code divides by zero where the two percentiles are equal, as in a
      map with few values among zeros: there the maximum takes the place of the 99th, and a map
      without a larger value than the 80th percentile is white.

    The full colour of the first two is the 99th percentile of the magnitudes (`colour_scale`).

    Args:
        attributions: Each ``(C, H, W)``, signed, in units of the score.
        rendering: One of `RENDERINGS`.

    Raises:
        ShapeError: A shape does not fit, or a value is NaN or infinite.
        UnknownNameError: There is no such rendering.
    """
    if rendering not in RENDERINGS:
        raise UnknownNameError("rendering", rendering, RENDERINGS)
    values = [_channel_sum(one) for one in attributions]
    if rendering == "percentile":
        return [
            _between_percentiles(one / len(attribution))
            for one, attribution in zip(values, attributions, strict=True)
        ]
    if rendering == "absolute":
        values = [np.abs(one) for one in values]
    reverse = rendering == "reversed"
    diverging = reverse or any((one < 0).any() for one in values)
    return [_from_zero(one, diverging, reverse) for one in values]


def _channel_sum(attribution: Tensor) -> NDArray[np.floating]:
    if attribution.ndim != 3 or attribution.numel() == 0:
        raise ShapeError(f"the attribution is {tuple(attribution.shape)}, but (C, H, W) is wanted")
    values: NDArray[np.floating] = attribution.detach().cpu().double().sum(0).numpy()
    check_map(values)
    return values


def _from_zero(values: NDArray[np.floating], diverging: bool, reverse: bool) -> RenderedMap:
    scale = colour_scale(values)
    top = f"≥ {scale:.3g}" if scale else ""
    bottom = (f"≤ −{scale:.3g}" if scale else "",) if diverging else ()
    return RenderedMap(relative(values, scale), diverging, (top, "0", *bottom), reverse)


def _between_percentiles(values: NDArray[np.floating]) -> RenderedMap:
    low, high = np.percentile(values, (LOW, HIGH))
    if high == low:
        high = values.max()
    top = f"≥ {number(high, '.3g')}" if high > low else ""
    levels = relative(values.clip(low, high) - low, float(high - low))
    return RenderedMap(levels, False, (top, f"≤ {number(low, '.3g')}"))
