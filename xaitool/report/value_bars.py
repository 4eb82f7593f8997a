"""Values with their intervals as bars, side by side for each thing that has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from xaitool.report.figure import (
    COLOURS,
    INK,
    LEGEND_SIZE,
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
FRAME_INCHES, BAR_INCHES = 1.3, 0.24


class Value(NamedTuple):
    """A number, and the ends of its interval where it has one."""

    value: float
    low: float | None = None
    high: float | None = None


def value_bars(
    groups: Mapping[str, Mapping[str, Value]], *, title: str, x_label: str, y_label: str
) -> Figure:
    """A group of horizontal bars for each name, a colour for each series.

    Args:
        groups: Name, at the left, to its values by series; a series may lack some.
        title: Above.
        x_label: The quantity, with its unit.
        y_label: What the names are of.
    """
    series = list(dict.fromkeys(one for values in groups.values() for one in values))
    height = FRAME_INCHES + BAR_INCHES * len(groups) * (len(series) + 0.6)
    with usual_style():
        figure = new_figure(WIDTH_INCHES, max(2.2, height))
        axes = figure.add_subplot()
        figure_title(figure, title)
        dress(axes, "", x_label, y_label, WIDTH_INCHES - 1.5)
        thick = 0.8 / max(1, len(series))
        handles: dict[str, Any] = {}
        for index, one in enumerate(series):
            rows = [row for row, values in enumerate(groups.values()) if one in values]
            values = [values[one] for values in groups.values() if one in values]
            places = [row - 0.4 + thick * (index + 0.5) for row in rows]
            colour = COLOURS[index % len(COLOURS)]
            lengths = [value.value for value in values]
            handles[one] = axes.barh(places, lengths, 0.9 * thick, color=colour)
            for place, value in zip(places, values, strict=True):
                _label(axes, place, value)
        axes.set_yticks(range(len(groups)), [name(text) for text in groups])
        axes.invert_yaxis()
        axes.margins(x=0.14)
        axes.axvline(0, color=INK, linewidth=0.8)
        axes.spines["left"].set_visible(False)
        axes.grid(visible=False, axis="y")
        legend_below(figure, handles)
        return figure


def _label(axes: Axes, place: float, value: Value) -> None:
    """The number at the right of its bar, of a negative one beyond 0: at the left stand names."""
    ends = [0.0, value.value]
    if value.low is not None and value.high is not None:
        ends += [value.low, value.high]
        reach = [[value.value - value.low], [value.high - value.value]]
        axes.errorbar(value.value, place, xerr=reach, fmt="none", ecolor=INK, capsize=2, lw=1)
    axes.annotate(
        four_digits(value.value),
        (max(ends), place),
        xytext=(4, 0),
        textcoords="offset points",
        ha="left",
        va="center",
        color=INK,
        fontsize=LEGEND_SIZE - 1,
    )
