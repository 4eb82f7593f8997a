"""Bars of parts that add up, one below the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from xaitool.report.figure import (
    COLOURS,
    INK,
    dress,
    figure_title,
    legend_below,
    name,
    new_figure,
    usual_style,
)
from xaitool.report.text import four_digits

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH_INCHES = 7.2
MARGIN_INCHES, BAR_INCHES, LINE_INCHES = 1.3, 0.45, 0.22


def stacked_bars(
    bars: Mapping[str, Mapping[str, float]],
    *,
    title: str,
    x_label: str,
    y_label: str,
    spreads: Mapping[str, float] | None = None,
    totals: bool = True,
) -> Figure:
    """A horizontal bar for each name, so that long names stay readable.

    Args:
        bars: Name, at the left, to its parts, by what they are: at least zero, in one unit. All
            bars have the same parts; behind a bar stands their sum.
        title: Above the bars.
        x_label: Below the axis, with the unit.
        y_label: What the names are of.
        totals: Whether the sum stands behind each bar.
        spreads: Name of a bar to the half length of the whisker at its end.

    Returns:
        The figure, higher the more bars there are.
    """
    with usual_style():
        figure = new_figure(WIDTH_INCHES, _height(bars))
        axes = figure.add_subplot()
        sums, parts = _stack(axes, bars)
        ends = [
            total + _whisker(axes, row, total, (spreads or {}).get(name, 0.0))
            for row, (name, total) in enumerate(zip(bars, sums, strict=True))
        ]
        for row, (total, end) in enumerate(zip(sums, ends, strict=True) if totals else ()):
            place: dict[str, Any] = {"xytext": (6, 0), "textcoords": "offset points"}
            axes.annotate(four_digits(total), (end, row), **place, va="center", color=INK)
        axes.set_xlim(0, (1.12 if totals else 1.0) * max(ends, default=1) or 1)
        figure_title(figure, title)
        dress(axes, "", x_label, y_label, WIDTH_INCHES - 1)
        _name(axes, list(bars))
        legend_below(figure, parts)
        return figure


def _height(names: Iterable[str]) -> float:
    lines = (name.count("\n") + 1 for name in names)
    return MARGIN_INCHES + sum(max(BAR_INCHES, LINE_INCHES * count) for count in lines)


def _stack(
    axes: Axes, bars: Mapping[str, Mapping[str, float]]
) -> tuple[list[float], dict[str, Any]]:
    """Draw part after part; returns where each bar ends, and each part's artist by its name."""
    ends, artists = [0.0] * len(bars), {}
    for index, part in enumerate(next(iter(bars.values()), {})):
        lengths = [parts[part] for parts in bars.values()]
        colour = COLOURS[index]
        artists[part] = axes.barh(range(len(bars)), lengths, 0.6, ends, color=colour)
        ends = [end + length for end, length in zip(ends, lengths, strict=True)]
    return ends, artists


def _whisker(axes: Axes, row: int, end: float, spread: float) -> float:
    """Draw it where there is one; returns its half length."""
    if spread > 0:
        axes.errorbar(end, row, xerr=spread, fmt="none", ecolor=INK, capsize=3)
    return spread


def _name(axes: Axes, names: list[str]) -> None:
    axes.set_yticks(range(len(names)), list(map(name, names)))
    axes.invert_yaxis()
    axes.spines["left"].set_visible(False)
    axes.grid(visible=False, axis="y")
