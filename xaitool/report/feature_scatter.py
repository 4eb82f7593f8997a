"""Samples as points in the plane, coloured by class, and where attacks move them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import Tensor

from xaitool.errors import ShapeError
from xaitool.report.figure import INK, figure_title, fitted, name, new_figure, usual_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Tol's muted scheme with a darker grey: ten colours that any colour vision tells apart.
COLOURS = (
    "#332288",
    "#cc6677",
    "#117733",
    "#88ccee",
    "#ddcc77",
    "#aa4499",
    "#44aa99",
    "#882255",
    "#999933",
    "#777777",
)
PANEL_INCHES = 4.6
COLUMNS = 3
DOT, CROSS = 8.0, 30.0


@dataclass(frozen=True)
class Points:
    """Samples in the plane.

    Attributes:
        title: Above their panel.
        places: ``(N, 2)``, finite.
        labels: Their true classes, int64 ``(N,)``.
    """

    title: str
    places: Tensor
    labels: Tensor


def feature_scatter(
    clean: Points, attacks: Sequence[Points], classes: Sequence[str], title: str
) -> Figure:
    """A panel of the clean samples, and for each attack one with its samples over the clean ones.

    As figure 3 of the PC paper: dots are clean, crosses are attacked, and the colour is that of the
    true class, whose name stands at the median of its clean samples. Colours repeat after ten
    classes. All panels have the same axes, which have no unit.

    Args:
        clean: The clean samples.
        attacks: Those of each attack, laid out together with the clean ones; may have none.
        classes: Names.
        title: Above the picture.

    Returns:
        The figure.

    Raises:
        ShapeError: There is no clean sample, or places and labels do not fit.
    """
    for points in (clean, *attacks):
        _check(points)
    if not len(clean.labels):
        raise ShapeError("the feature map has 0 clean samples, but at least 1 is wanted")
    columns = min(COLUMNS, 1 + len(attacks))
    rows = -(-(1 + len(attacks)) // columns)
    with usual_style():
        figure = new_figure(columns * PANEL_INCHES, rows * PANEL_INCHES + 0.4)
        figure_title(figure, title)
        grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
        panels = grid.ravel().tolist()
        for axes, points in zip(panels, (clean, *attacks), strict=False):
            _dress(axes, points.title)
            _scatter(axes, clean, "o", DOT, 0.9 if points is clean else 0.35)
            if points is not clean:
                _scatter(axes, points, "+", CROSS, 1.0)
            _name_classes(axes, clean, classes)
        for axes in panels[1 + len(attacks) :]:
            axes.set_visible(False)
        figure.supxlabel("first t-SNE coordinate (no unit)", color=INK, fontsize=10)
        figure.supylabel("second t-SNE coordinate (no unit)", color=INK, fontsize=10)
        return figure


def _check(points: Points) -> None:
    places, labels = points.places, points.labels
    if places.shape != (len(labels), 2) or not places.isfinite().all():
        raise ShapeError(
            f"places are {tuple(places.shape)} for {len(labels)} labels, "
            "but two finite numbers a label are wanted"
        )


def _dress(axes: Axes, title: str) -> None:
    axes.set_title(fitted(title, 10, PANEL_INCHES - 0.4), color=INK, fontsize=10)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_color("#bbbbbb")


def _scatter(axes: Axes, points: Points, marker: str, area: float, opacity: float) -> None:
    x, y = points.places.cpu().numpy().T
    axes.scatter(
        x,
        y,
        c=[COLOURS[label % len(COLOURS)] for label in points.labels.tolist()],
        marker=marker,
        s=area,
        alpha=opacity,
        linewidths=0.0 if marker == "o" else 1.0,
    )


def _name_classes(axes: Axes, clean: Points, classes: Sequence[str]) -> None:
    from matplotlib.patheffects import withStroke

    for label in clean.labels.unique().tolist():
        x, y = clean.places[clean.labels == label].median(0).values.tolist()
        axes.text(
            x,
            y,
            name(classes[label]),
            color=INK,
            fontsize=10,
            fontweight="bold",
            ha="center",
            va="center",
            path_effects=[withStroke(linewidth=3, foreground="white")],
        )
