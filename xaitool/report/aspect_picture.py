"""Panels of signed preferences side by side, to one scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image

from xaitool.report.aspect_bars import Bar
from xaitool.report.curves import COLOURS, DOTS_PER_INCH, INK, rendered
from xaitool.report.text import drawable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

POSITIVE, NEGATIVE = COLOURS[:2]
ASIDE = "#b0b0b0"
COLUMNS = 4
# How far the axis goes beyond the longest bar: as far as its number needs.
ROOM = 1.45
PANEL_INCHES = 3.4
BAR_INCHES = 0.28
FRAME_INCHES = 1.1


@dataclass(frozen=True)
class Panel:
    """The preferences behind one rating.

    Attributes:
        title: Above it, one or several lines.
        bars: From top to bottom.
    """

    title: str
    bars: Sequence[Bar]


def aspect_picture(title: str, panels: Sequence[Panel], *, x_label: str) -> Image.Image:
    """Bars to the right of zero for what is liked, to the left for what is not.

    Args:
        title: Above all panels; may be empty.
        panels: At least one; names of bars are shown once a row where they are the same.
        x_label: What a bar's length is.

    Returns:
        An RGB picture; equal input gives equal bytes.
    """
    from matplotlib import style
    from matplotlib.figure import Figure

    columns = min(len(panels), COLUMNS)
    rows = math.ceil(len(panels) / columns)
    lines = max(panel.title.count("\n") for panel in panels) + _tallest(panels)
    height = rows * (FRAME_INCHES + BAR_INCHES * lines) + BAR_INCHES * bool(title)
    # The user's own matplotlibrc must not change the picture.
    with style.context("default"):
        figure = Figure(
            (PANEL_INCHES * max(columns, 1.3), height), DOTS_PER_INCH, layout="constrained"
        )
        if title:
            figure.suptitle(_plain(title), color=INK, fontsize=12)
        _fill(figure, panels, rows, columns)
        figure.supxlabel(x_label, color=INK, fontsize=9)
        return rendered(figure)


def _fill(figure: Figure, panels: Sequence[Panel], rows: int, columns: int) -> None:
    grid = figure.subplots(rows, columns, squeeze=False)
    reach = ROOM * max((abs(bar.value) for panel in panels for bar in panel.bars), default=0) or 1
    for axes in grid.flat[len(panels) :]:
        axes.set_visible(False)
    for number, (axes, panel) in enumerate(zip(grid.flat, panels, strict=False)):
        named = number % columns == 0 or _names(panel) != _names(panels[number - 1])
        _draw(axes, panel, named)
        axes.set(xlim=(-reach, reach), ylim=(_tallest(panels) - 0.4, -0.6))


def _draw(axes: Axes, panel: Panel, named: bool) -> None:
    from matplotlib.ticker import MaxNLocator

    places = range(len(panel.bars))
    drawn = axes.barh(places, [bar.value for bar in panel.bars], color=[*map(_colour, panel.bars)])
    axes.bar_label(drawn, [bar.label for bar in panel.bars], padding=3, color=INK, fontsize=8)
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set_yticks(places, _names(panel) if named else [""] * len(places))
    axes.set_title(_plain(panel.title), color=INK, fontsize=9)
    axes.xaxis.set_major_locator(MaxNLocator(5, symmetric=True))
    axes.tick_params(colors=INK, labelsize=9, left=False)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(INK)
    axes.grid(axis="x", color="#e0e0e0", linewidth=0.6)
    axes.set_axisbelow(True)


def _names(panel: Panel) -> list[str]:
    return [_plain(bar.name) for bar in panel.bars]


def _tallest(panels: Sequence[Panel]) -> int:
    return max(2, *(len(panel.bars) for panel in panels))


def _colour(bar: Bar) -> str:
    if bar.aside:
        return ASIDE
    return POSITIVE if bar.value > 0 else NEGATIVE


def _plain(text: str) -> str:
    """Without matplotlib taking a dollar sign for the start of a formula."""
    return drawable(text).replace("$", r"\$")
