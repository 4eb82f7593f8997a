"""Lines of one quantity over another, several in a panel, panels side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xaitool.report.figure import (
    COLOURS,
    INK,
    LINES,
    dress,
    figure_title,
    legend_below,
    new_figure,
    usual_style,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

PANEL_INCHES = (4.4, 3.6)
COLUMNS = 3


@dataclass(frozen=True)
class Line:
    """Points in the order in which they are joined.

    Attributes:
        x: Places on the horizontal axis.
        y: As many values.
        low: Of each value, where the band around it begins; empty: there is none.
        high: Where it ends.
    """

    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float] = ()
    high: Sequence[float] = ()


def line_panels(
    panels: Mapping[str, Mapping[str, Line]],
    *,
    title: str,
    x_label: str,
    y_label: str,
    shares: bool = False,
    diagonal: str = "",
) -> Figure:
    """A panel for each title, to one scale; the same name has the same line in all of them.

    Args:
        panels: Title to the lines, by name; at least one.
        title: Above all.
        x_label: The horizontal quantity, with its unit.
        y_label: The vertical quantity, with its unit.
        shares: Whether the vertical axis goes from 0 to 1.
        diagonal: What a dotted line from (0, 0) to (1, 1) stands for; empty: there is none.
    """
    from matplotlib.ticker import MaxNLocator

    columns = min(COLUMNS, len(panels))
    rows = -(-len(panels) // columns)
    names = list(dict.fromkeys(name for lines in panels.values() for name in lines))
    with usual_style():
        figure = new_figure(
            max(5.4, PANEL_INCHES[0] * columns), PANEL_INCHES[1] * rows + 0.4 * bool(title)
        )
        figure_title(figure, title)
        grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
        handles: dict[str, Line2D] = {}
        for axes, (heading, lines) in zip(grid.flat, panels.items(), strict=False):
            place = axes.get_subplotspec()
            beside = y_label if place is None or place.is_first_col() else ""
            dress(axes, heading if len(panels) > 1 else "", x_label, beside, PANEL_INCHES[0] - 1)
            axes.xaxis.set_major_locator(MaxNLocator(5))
            # Below a panel there need not be another one.
            axes.tick_params(labelbottom=True)
            for name, line in lines.items():
                handles.setdefault(name, _draw(axes, names.index(name), line))
            if diagonal:
                [ideal] = axes.plot([0, 1], [0, 1], ":", color=INK, linewidth=1, zorder=1)
                handles[diagonal] = handles.pop(diagonal, ideal)
            if shares:
                axes.set_ylim(-0.03, 1.03)
        for axes in grid.flat[len(panels) :]:
            axes.set_visible(False)
        legend_below(figure, handles)
        return figure


def _draw(axes: Axes, index: int, line: Line) -> Line2D:
    colour = COLOURS[index % len(COLOURS)]
    style = LINES[index // len(COLOURS) % len(LINES)]
    if len(line.low):
        axes.fill_between(line.x, line.low, line.high, color=colour, alpha=0.15, linewidth=0)
    marker = "o" if len(line.x) <= 25 else ""
    [drawn] = axes.plot(
        line.x, line.y, color=colour, linestyle=style, linewidth=1.6, marker=marker, markersize=4
    )
    return drawn
