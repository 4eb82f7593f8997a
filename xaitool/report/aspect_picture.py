"""Panels of signed preferences side by side, to one scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from xaitool.report.aspect_bars import Bar
from xaitool.report.figure import (
    INK,
    NEGATIVE,
    PALE,
    POSITIVE,
    figure_title,
    fitted,
    name,
    new_figure,
    usual_style,
)
from xaitool.report.text import shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ASIDE = "#b0b0b0"
COLUMNS = 4
# How far the axis goes beyond the longest bar: as far as its number needs.
ROOM = 1.6
PANEL_INCHES = 3.4
BAR_INCHES = 0.28
FRAME_INCHES = 1.1
LONGEST_TITLE = 90


@dataclass(frozen=True)
class Panel:
    """The preferences behind one rating.

    Attributes:
        title: Above it, one or several lines.
        bars: From top to bottom.
    """

    title: str
    bars: Sequence[Bar]


def aspect_figure(title: str, panels: Sequence[Panel], *, x_label: str) -> Figure:
    """Bars to the right of zero for what is liked, to the left for what is not.

    Args:
        title: Above all panels; may be empty.
        panels: At least one; names of bars are shown once a row where they are the same.
        x_label: What a bar's length is.

    Returns:
        The figure.
    """
    panels = [replace(panel, title=_title(panel.title)) for panel in panels]
    columns = min(len(panels), COLUMNS)
    rows = math.ceil(len(panels) / columns)
    lines = max(panel.title.count("\n") for panel in panels) + _tallest(panels)
    height = rows * (FRAME_INCHES + BAR_INCHES * lines) + BAR_INCHES * bool(title)
    with usual_style():
        figure = new_figure(PANEL_INCHES * max(columns, 1.3), height)
        figure_title(figure, title)
        _fill(figure, panels, rows, columns)
        figure.supylabel("aspect", color=INK, fontsize=9)
        figure.supxlabel(x_label, color=INK, fontsize=9)
        return figure


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
    labels = [bar.label.replace("-", "−") for bar in panel.bars]
    axes.bar_label(drawn, labels, padding=3, color=INK, fontsize=8)
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set_yticks(places, _names(panel) if named else [""] * len(places))
    axes.set_title(panel.title, color=INK, fontsize=9)
    axes.xaxis.set_major_locator(MaxNLocator(5, symmetric=True))
    axes.tick_params(colors=INK, labelsize=9, left=False)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(INK)
    axes.grid(axis="x", color=PALE, linewidth=0.6)
    axes.set_axisbelow(True)


def _title(text: str) -> str:
    lines = [shortened(line, LONGEST_TITLE) for line in text.split("\n")]
    return fitted("\n".join(lines), 9, PANEL_INCHES - 0.8)


def _names(panel: Panel) -> list[str]:
    return [name(bar.name) for bar in panel.bars]


def _tallest(panels: Sequence[Panel]) -> int:
    return max(2, *(len(panel.bars) for panel in panels))


def _colour(bar: Bar) -> str:
    if bar.aside:
        return ASIDE
    return POSITIVE if bar.value > 0 else NEGATIVE
