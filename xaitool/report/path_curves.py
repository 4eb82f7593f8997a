"""Curves along paths, many in a panel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from PIL import Image

from xaitool.report.curves import COLOURS, DOTS_PER_INCH, INK, LINES, rendered
from xaitool.report.text import drawable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PANEL_INCHES = (4.4, 3.6)


def path_curves(
    panels: Mapping[str, Sequence[Sequence[float]]],
    places: Sequence[float],
    *,
    x_label: str,
    y_label: str,
) -> Image.Image:
    """A panel for each kind of path; the same image has the same line in all panels.

    Args:
        panels: Title to the curves of N images, P values in [0, 1] each.
        places: The P places on the horizontal axis, in [0, 1].
        x_label: Below the axes.
        y_label: Beside the first one.

    Returns:
        An RGB picture; equal input gives equal bytes.
    """
    from matplotlib import style
    from matplotlib.figure import Figure

    # The user's own matplotlibrc must not change the picture.
    with style.context("default"):
        size = PANEL_INCHES[0] * len(panels), PANEL_INCHES[1]
        figure = Figure(size, DOTS_PER_INCH, layout="constrained")
        all_axes = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
        for axes, (title, curves) in zip(all_axes, panels.items(), strict=True):
            _dress(axes, title, x_label)
            _draw(axes, curves, places)
        all_axes[0].set_ylabel(y_label, color=INK)
        return rendered(figure)


def _dress(axes: Axes, title: str, x_label: str) -> None:
    axes.set_title(drawable(title), color=INK, fontsize=10)
    axes.set_xlabel(x_label, color=INK)
    axes.set_xlim(0, 1)
    axes.set_ylim(-0.02, 1.02)
    axes.tick_params(colors=INK, which="both")
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["bottom", "left"]].set_color(INK)
    axes.grid(color="#e0e0e0", linewidth=0.6)
    axes.set_axisbelow(True)


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
