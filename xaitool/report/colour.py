"""From numbers to colours; zero is white."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xaitool.errors import ShapeError
from xaitool.report.pixels import Pixels, to_bytes

PERCENTILE = 99.0

# ColorBrewer RdBu and YlOrRd (Brewer 2003), evenly spaced: lightness falls away from zero, and they
# can be told apart with any colour vision. Zero is made white, as paper is; the darkest ends of
# RdBu are left out, because red and blue look alike there.
DIVERGING = "2166ac 4393c3 92c5de d1e5f0 ffffff fddbc7 f4a582 d6604d b2182b"
SEQUENTIAL = "ffffff ffeda0 fed976 feb24c fd8d3c fc4e2a e31a1c bd0026 800026"


def colour_scale(values: NDArray[np.floating]) -> float:
    """The magnitude that gets the full colour.

    The 99th percentile of the magnitudes, so that a few outliers do not turn the rest white; the
    largest magnitude where that percentile is zero; 0 where all values are.

    Args:
        values: ``(H, W)``, finite.

    Raises:
        ShapeError: `values` is not ``(H, W)``, is empty, or holds NaN or infinite values.
    """
    check_map(values)
    magnitudes = np.abs(values)
    return float(np.percentile(magnitudes, PERCENTILE) or magnitudes.max())


def check_map(values: NDArray[np.floating]) -> None:
    """Refuse what is no map.

    Raises:
        ShapeError: `values` is not ``(H, W)``, is empty, or holds NaN or infinite values.
    """
    if values.ndim != 2 or values.size == 0:
        raise ShapeError(f"the map is {values.shape}, but (height, width) is wanted")
    if not np.isfinite(values).all():
        raise ShapeError("the map holds NaN or infinite values, but finite ones are wanted")


def colour_diverging(values: NDArray[np.floating], scale: float | None = None) -> Pixels:
    """Signed values: blue below zero, white at zero, red above; symmetric.

    Args:
        values: ``(H, W)``, finite.
        scale: The magnitude that gets the full colour; default `colour_scale`. 0 makes all white.

    Returns:
        ``(H, W, 3)``.

    Raises:
        ShapeError: As `colour_scale`.
    """
    scale = colour_scale(values) if scale is None else scale
    return _interpolated((relative(values, scale) + 1) / 2, DIVERGING)


def colour_sequential(values: NDArray[np.floating], scale: float | None = None) -> Pixels:
    """Values from zero up: white, yellow, red, dark red; values below zero are white.

    Args:
        values: ``(H, W)``, finite.
        scale: The value that gets the full colour; default `colour_scale`. 0 makes all white.

    Returns:
        ``(H, W, 3)``.

    Raises:
        ShapeError: As `colour_scale`.
    """
    scale = colour_scale(values) if scale is None else scale
    return _interpolated(relative(values, scale).clip(0, 1), SEQUENTIAL)


def relative(values: NDArray[np.floating], scale: float) -> NDArray[np.floating]:
    """Values as parts of the full colour, clipped to [-1, 1]; a scale of 0 makes all 0."""
    # The clip comes first: a tiny scale would overflow the quotient of an outlier.
    return values.clip(-scale, scale) / (scale or 1.0)


def _interpolated(positions: NDArray[np.floating], colours: str) -> Pixels:
    points = np.array([list(bytes.fromhex(colour)) for colour in colours.split()])
    places = np.linspace(0, 1, len(points))
    return to_bytes(np.stack([np.interp(positions, places, one) for one in points.T], axis=-1))
