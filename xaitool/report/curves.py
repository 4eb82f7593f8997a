"""Curves over the epochs of a training."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from PIL import Image

from xaitool.report.text import drawable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito (2008), without yellow and black: can be told apart with any colour vision.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
LINES = ("-", "--", ":", "-.")
SIZE_INCHES = (6.4, 4.0)
DOTS_PER_INCH = 150
INK = "#282828"

Band = tuple[Sequence[float | None], Sequence[float | None]]
"""The lower and the upper edge, as many values as the series has."""


def curve_picture(
    series: Mapping[str, Sequence[float | None]],
    *,
    title: str,
    x_label: str,
    y_label: str,
    log: bool = False,
    bands: Mapping[str, Band] | None = None,
    marks: Mapping[str, int] | None = None,
) -> Image.Image:
    """One line for each series.

    Args:
        series: Name to values; the first value is at x = 1. None, NaN and infinite values leave a
            gap; a value between two gaps is a dot.
        title: Above the axes.
        x_label: Below the horizontal axis, such as ``epoch``.
        y_label: Beside the vertical axis.
        log: Whether the vertical axis is logarithmic; values at or below zero then leave a gap.
        bands: Name of a series to what is shaded around it.
        marks: Name of a series to where on it, such as 3 for its third value, a diamond stands.

    Returns:
        An RGB picture; equal input gives equal bytes.
    """
    from matplotlib import style
    from matplotlib.figure import Figure

    # The user's own matplotlibrc must not change the picture.
    with style.context("default"):
        figure = Figure(SIZE_INCHES, DOTS_PER_INCH, layout="constrained")
        axes = figure.add_subplot()
        _dress(axes, title, x_label, y_label, log)
        for index, (name, values) in enumerate(series.items()):
            _draw(axes, index, name, _with_gaps(values, log))
            if bands and name in bands:
                _shade(axes, index, [_with_gaps(edge, log) for edge in bands[name]])
            if marks and name in marks:
                _mark(axes, index, marks[name], _with_gaps(values, log))
        last = max(map(len, series.values()), default=1)
        axes.set_xlim(0.9 - 0.01 * last, 1.01 * last + 0.1)
        if len(series) > 1:
            axes.legend(frameon=False, labelcolor=INK)
        return rendered(figure)


def rendered(figure: Figure) -> Image.Image:
    """What a figure looks like, as an RGB picture."""
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return Image.open(file).convert("RGB")


def _dress(axes: Axes, title: str, x_label: str, y_label: str, log: bool) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_title(drawable(title), color=INK, fontsize=11)
    axes.set_xlabel(x_label, color=INK)
    axes.set_ylabel(y_label, color=INK)
    axes.set_yscale("log" if log else "linear")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))
    axes.tick_params(colors=INK, which="both")
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["bottom", "left"]].set_color(INK)
    axes.grid(color="#e0e0e0", linewidth=0.6)
    axes.set_axisbelow(True)


def _with_gaps(values: Sequence[float | None], log: bool) -> list[float]:
    return [
        math.nan if value is None or not math.isfinite(value) or (log and value <= 0) else value
        for value in values
    ]


def _draw(axes: Axes, index: int, name: str, values: list[float]) -> None:
    isolated = _isolated(values)
    axes.plot(
        range(1, len(values) + 1),
        values,
        label=drawable(name),
        color=COLOURS[index % len(COLOURS)],
        linestyle=LINES[index // len(COLOURS) % len(LINES)],
        linewidth=1.6,
        marker="o" if isolated else "",
        markersize=4,
        markevery=isolated,
    )


def _shade(axes: Axes, index: int, edges: list[list[float]]) -> None:
    low, high = edges
    colour = COLOURS[index % len(COLOURS)]
    axes.fill_between(range(1, len(low) + 1), low, high, color=colour, alpha=0.2, linewidth=0)


def _mark(axes: Axes, index: int, place: int, values: list[float]) -> None:
    colour = COLOURS[index % len(COLOURS)]
    axes.plot(place, values[place - 1], marker="D", markersize=7, color=colour, zorder=3)


def _isolated(values: list[float]) -> list[int]:
    """Where a line would show nothing: values with a gap on both sides."""
    gaps = [True, *map(math.isnan, values), True]
    return [
        index
        for index in range(len(values))
        if gaps[index] and not gaps[index + 1] and gaps[index + 2]
    ]
