"""Curves over the epochs of a training."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from xaitool.report.figure import (
    COLOURS,
    LINES,
    dress,
    figure_title,
    legend_below,
    new_figure,
    plain,
    usual_style,
)
from xaitool.report.text import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

SIZE_INCHES = (6.4, 4.0)

Band = tuple[Sequence[float | None], Sequence[float | None]]
"""The lower and the upper edge, as many values as the series has."""


def curve_figure(
    series: Mapping[str, Sequence[float | None]],
    *,
    title: str,
    x_label: str,
    y_label: str,
    log: bool = False,
    bands: Mapping[str, Band] | None = None,
    marks: Mapping[str, int] | None = None,
) -> Figure:
    """One line for each series.

    Args:
        series: Name to values; the first value is at x = 1. None, NaN and infinite values leave a
            gap; a value between two gaps is a dot.
        title: Above the axes.
        x_label: Below the horizontal axis, such as ``epoch``.
        y_label: Beside the vertical axis: the quantity, with its unit.
        log: Whether the vertical axis is logarithmic; values at or below zero then leave a gap.
        bands: Name of a series to what is shaded around it.
        marks: Name of a series to where on it, such as 3 for its third value, a diamond stands.

    Returns:
        The figure; names stand below it where there are several.
    """
    with usual_style():
        figure = new_figure(*SIZE_INCHES)
        axes = figure.add_subplot()
        figure_title(figure, title)
        dress(axes, "", x_label, y_label, SIZE_INCHES[0] - 1)
        _scale(axes, log)
        lines = {}
        for index, (name, values) in enumerate(series.items()):
            lines[name] = _draw(axes, index, name, _with_gaps(values, log))
            if bands and name in bands:
                _shade(axes, index, [_with_gaps(edge, log) for edge in bands[name]])
            if marks and name in marks:
                _mark(axes, index, marks[name], _with_gaps(values, log))
        last = max(map(len, series.values()), default=1)
        axes.set_xlim(0.9 - 0.01 * last, 1.01 * last + 0.1)
        legend_below(figure, lines)
        return figure


def _scale(axes: Axes, log: bool) -> None:
    from matplotlib.ticker import LogFormatterSciNotation, MaxNLocator

    class Plain(LogFormatterSciNotation):
        """1580 in place of 1.58 × 10³, where no number on the axis is long."""

        def __call__(self, value: float, place: int | None = None) -> str:
            text: str = super().__call__(value, place)
            low, high = axes.get_ylim()
            return number(value, ".6g") if text and 1e-3 <= low <= high < 1e6 else text

    axes.set_yscale("log" if log else "linear")
    if log:
        axes.yaxis.set_major_formatter(Plain())
        axes.yaxis.set_minor_formatter(Plain())
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))


def _with_gaps(values: Sequence[float | None], log: bool) -> list[float]:
    return [
        math.nan if value is None or not math.isfinite(value) or (log and value <= 0) else value
        for value in values
    ]


def _draw(axes: Axes, index: int, name: str, values: list[float]) -> Line2D:
    isolated = _isolated(values)
    [line] = axes.plot(
        range(1, len(values) + 1),
        values,
        label=plain(name),
        color=COLOURS[index % len(COLOURS)],
        linestyle=LINES[index // len(COLOURS) % len(LINES)],
        linewidth=1.6,
        marker="o" if isolated else "",
        markersize=4,
        markevery=isolated,
    )
    return line


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
