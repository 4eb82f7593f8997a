"""Attributions on matplotlib's axes: every image beside its heat map and the map's colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from xaitool.errors import ShapeError
from xaitool.report.figure import INK, LEGEND_SIZE, figure_title, fitted
from xaitool.report.heat_map import HEADINGS
from xaitool.report.pixels import check_same_shape, to_pixels
from xaitool.report.rendered_map import RenderedMap, coloured, render_maps
from xaitool.report.renderings import Rendering

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PAIR_INCHES, IMAGE_INCHES, HEADING_INCHES = 5.6, 2.2, 0.45
COLOURS = 257


@dataclass(frozen=True)
class Pair:
    """An image and what is said about it.

    Attributes:
        image: ``(C, H, W)`` in [0, 1], C = 1 or 3.
        values: The attribution, ``(C, H, W)``, signed.
        name: Above the image.
        question: Above its map, such as ``goldfish, logit 12.3``.
    """

    image: Tensor
    values: Tensor
    name: str
    question: str


def figure_size(images: Tensor) -> tuple[float, float]:
    """Width and height, in inches, of a figure with images ``(N, C, H, W)`` and their maps."""
    lines, pairs = _grid(len(images))
    height, width = images.shape[2:]
    line = HEADING_INCHES + IMAGE_INCHES * min(2, max(0.5, height / width))
    return pairs * PAIR_INCHES, HEADING_INCHES + lines * line


def draw_attributions(
    figure: Figure,
    pairs: Sequence[Pair],
    *,
    title: str,
    quantity: str,
    rendering: Rendering = "signed",
) -> NDArray[np.object_]:
    """Draw images beside their heat maps, two images a line where there are several.

    Each map has its own scale, told by its colour bar; all share a colour map.

    Args:
        figure: An empty one.
        pairs: What is drawn, at least one; all images of one shape.
        title: Above all.
        quantity: What an attribution is a part of, such as ``logit``.
        rendering: One of `RENDERINGS`; see `render_maps`.

    Returns:
        The axes ``(N, 2)``: of each image, and of its map.

    Raises:
        ShapeError: There is none; a shape does not fit, a pixel is outside [0, 1], or a value is
            NaN or infinite.
        UnknownNameError: There is no such rendering.
    """
    if not pairs:
        raise ShapeError("there are no images, but at least one is wanted")
    for pair in pairs:
        check_same_shape("attribution", pair.values, pair.image)
    maps = render_maps([pair.values for pair in pairs], rendering)
    lines, across = _grid(len(pairs))
    figure_title(figure, title)
    axes = figure.subplots(lines, 2 * across, squeeze=False).reshape(-1, 2)
    for (left, right), pair, rendered in zip(axes, pairs, maps, strict=False):
        left.imshow(to_pixels(pair.image))
        _dress(left, pair.name)
        _draw_map(right, rendered, f"{HEADINGS[rendering]} ({quantity})")
        _dress(right, pair.question)
    for unused in axes[len(pairs) :].flat:
        unused.remove()
    drawn: NDArray[np.object_] = axes[: len(pairs)]
    return drawn


def _grid(count: int) -> tuple[int, int]:
    """Lines, and pairs in each."""
    across = min(2, max(1, count))
    return max(1, ceil(count / across)), across


def _dress(axes: Axes, title: str) -> None:
    title = fitted(title, LEGEND_SIZE, PAIR_INCHES / 2)
    axes.set_title(title, color=INK, fontsize=LEGEND_SIZE)
    axes.set_xticks([])
    axes.set_yticks([])


def _draw_map(axes: Axes, rendered: RenderedMap, label: str) -> None:
    from matplotlib.colors import ListedColormap

    lowest = -1 if rendered.diverging else 0
    levels = np.linspace(lowest, 1, COLOURS)[None]
    colours = coloured(levels, rendered.diverging, rendered.reverse)[0] / 255
    drawn = axes.imshow(rendered.levels, ListedColormap(colours), vmin=lowest, vmax=1)
    ticks: list[Any] = list(np.linspace(1, lowest, len(rendered.labels)))
    bar = axes.figure.colorbar(drawn, ax=axes, ticks=ticks, fraction=0.046, pad=0.03)
    bar.ax.set_yticklabels(rendered.labels, fontsize=LEGEND_SIZE - 1)
    bar.set_label(label, color=INK, fontsize=LEGEND_SIZE - 1)
