"""Curves along paths, many in a panel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from xaitool.report.figure import COLOURS, INK, LABEL_SIZE, LINES, dress, new_figure, usual_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANEL_INCHES = (4.4, 3.6)


def path_curves(
    panels: Mapping[str, Sequence[Sequence[float]]],
    places: Sequence[float],
    *,
    x_label: str,
    y_label: str,
) -> Figure:
    """A panel for each kind of path; the same image has the same line in all panels.

    Args:
        panels: Title to the curves of N images, P values in [0, 1] each.
        places: The P places on the horizontal axis, in [0, 1].
        x_label: Below the axes.
        y_label: Beside the first one.

    Returns:
        The figure.
    """
    with usual_style():
        figure = new_figure(PANEL_INCHES[0] * len(panels), PANEL_INCHES[1])
        all_axes = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
        for axes, (title, curves) in zip(all_axes, panels.items(), strict=True):
            dress(axes, title, x_label, "", PANEL_INCHES[0] - 1)
            axes.set(xlim=(0, 1), ylim=(-0.02, 1.02))
            _draw(axes, curves, places)
        all_axes[0].set_ylabel(y_label, color=INK, fontsize=LABEL_SIZE)
        return figure


def _draw(axes: Axes, curves: Sequence[Sequence[float]], places: Sequence[float]) -> None:
    for index, curve in enumerate(curves):
        axes.plot(
            places,
            curve,
            color=COLOURS[index % len(COLOURS)],
            linestyle=LINES[index // len(COLOURS) % len(LINES)],
            linewidth=1.4,
            clip_on=False,
        )
