"""Bars of parts that add up, one below the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from PIL import Image

from xaitool.report.curves import COLOURS, DOTS_PER_INCH, INK, rendered
from xaitool.report.text import drawable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH_INCHES = 7.2
MARGIN_INCHES, BAR_INCHES, LINE_INCHES = 1.3, 0.45, 0.22


def stacked_bars(
    bars: Mapping[str, Mapping[str, float]],
    *,
    title: str,
    x_label: str,
    spreads: Mapping[str, float] | None = None,
) -> Image.Image:
    """A horizontal bar for each name, so that long names stay readable.

    Args:
        bars: Name, at the left, to its parts, by what they are: at least zero, in one unit. All
            bars have the same parts; behind a bar stands their sum.
        title: Above the bars.
        x_label: Below the axis, with the unit.
        spreads: Name of a bar to the half length of the whisker at its end.

    Returns:
        An RGB picture, higher the more bars there are; equal input gives equal bytes.
    """
    from matplotlib import style
    from matplotlib.figure import Figure

    # The user's own matplotlibrc must not change the picture.
    with style.context("default"):
        figure = Figure((WIDTH_INCHES, _height(bars)), DOTS_PER_INCH, layout="constrained")
        axes = figure.add_subplot()
        totals = _stack(axes, bars)
        ends = [
            total + _whisker(axes, row, total, (spreads or {}).get(name, 0.0))
            for row, (name, total) in enumerate(zip(bars, totals, strict=True))
        ]
        for row, (total, end) in enumerate(zip(totals, ends, strict=True)):
            place: dict[str, Any] = {"xytext": (6, 0), "textcoords": "offset points"}
            axes.annotate(f"{total:.4g}", (end, row), **place, va="center", color=INK)
        axes.set_xlim(0, 1.12 * max(ends, default=1) or 1)
        _dress(axes, list(bars), title, x_label)
        figure.legend(loc="outside lower right", ncols=4, frameon=False, labelcolor=INK)
        return rendered(figure)


def _height(names: Iterable[str]) -> float:
    lines = (name.count("\n") + 1 for name in names)
    return MARGIN_INCHES + sum(max(BAR_INCHES, LINE_INCHES * count) for count in lines)


def _stack(axes: Axes, bars: Mapping[str, Mapping[str, float]]) -> list[float]:
    """Draw part after part; returns where each bar ends."""
    ends = [0.0] * len(bars)
    for index, part in enumerate(next(iter(bars.values()), {})):
        lengths = [parts[part] for parts in bars.values()]
        axes.barh(range(len(bars)), lengths, 0.6, ends, color=COLOURS[index], label=part)
        ends = [end + length for end, length in zip(ends, lengths, strict=True)]
    return ends


def _whisker(axes: Axes, row: int, end: float, spread: float) -> float:
    """Draw it where there is one; returns its half length."""
    if spread > 0:
        axes.errorbar(end, row, xerr=spread, fmt="none", ecolor=INK, capsize=3)
    return spread


def _dress(axes: Axes, names: list[str], title: str, x_label: str) -> None:
    axes.set_yticks(range(len(names)), list(map(drawable, names)))
    axes.invert_yaxis()
    axes.set_title(drawable(title), color=INK, fontsize=11)
    axes.set_xlabel(x_label, color=INK)
    axes.tick_params(colors=INK)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(INK)
