"""Counts of one thing against another as a table of colours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from xaitool.report.figure import (
    INK,
    LABEL_SIZE,
    LEGEND_SIZE,
    POINTS_PER_INCH,
    dress,
    figure_title,
    name,
    new_figure,
    usual_style,
)
from xaitool.report.text import font

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CELL_INCHES, FRAME_INCHES = 0.42, 1.6
SMALLEST, LARGEST = 2.0, 9.0
MOST_NUMBERS, MOST_NAMES = 20, 40


def matrix_figure(
    counts: Sequence[Sequence[int]],
    names: Sequence[str],
    *,
    title: str,
    x_label: str,
    y_label: str,
    share_label: str,
) -> Figure:
    """Rows and columns of the same things; the colour of a cell is its share of its row.

    Numbers stand in the cells of up to 20 things; of more than 40 not all are named.

    Args:
        counts: A row for each name, of a count for each name.
        names: Of rows and columns.
        title: Above.
        x_label: What the columns are.
        y_label: What the rows are.
        share_label: What the colours are, with the unit.
    """
    longest = max((font(LEGEND_SIZE).getlength(name(one)) for one in names), default=0)
    frame = FRAME_INCHES + longest / POINTS_PER_INCH
    side = frame + min(LARGEST, max(SMALLEST, CELL_INCHES * len(names)))
    shares = [[count / max(1, sum(row)) for count in row] for row in counts]
    with usual_style():
        figure = new_figure(side + 0.8, side)
        axes = figure.add_subplot()
        figure_title(figure, title)
        dress(axes, "", x_label, y_label, side - 1)
        axes.grid(visible=False)
        image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        places = range(0, len(names), -(-len(names) // MOST_NAMES))
        shown = [name(names[place]) for place in places]
        turned = 90 if max(map(len, names), default=0) > 3 else 0
        axes.set_xticks(places, shown, rotation=turned)
        axes.set_yticks(places, shown)
        if len(names) <= MOST_NUMBERS:
            _write(axes, counts, shares)
        bar = figure.colorbar(image, ax=axes, shrink=0.8)
        bar.set_label(share_label, color=INK, fontsize=LABEL_SIZE)
        return figure


def _write(axes: Axes, counts: Sequence[Sequence[int]], shares: Sequence[Sequence[float]]) -> None:
    for row, line in enumerate(counts):
        for column, count in enumerate(line):
            if count:
                colour = "white" if shares[row][column] > 0.5 else INK
                axes.text(
                    column, row, f"{count}", ha="center", va="center", color=colour, fontsize=8
                )
