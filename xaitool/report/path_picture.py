"""The path that an attribution follows, and what it makes of it."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image
from torch import Tensor

from xaitool.report.blocks import beside, on_paper, stacked, text_block
from xaitool.report.map_cells import GAP, MARGIN, MapCells
from xaitool.report.renderings import Rendering


def path_picture(
    points: Tensor,
    image: Tensor,
    attribution: Tensor,
    *,
    caption: Sequence[str] = (),
    rendering: Rendering = "signed",
) -> Image.Image:
    """The points of a path in one line; below it the input, the map and the key to its colours.

    The line begins at the counterfactual image and ends at the path's own image of the input, so
    that the input below shows how good that one is. Small images are enlarged by a whole factor,
    large ones reduced to 224 pixels.

    Args:
        points: ``(P, C, H, W)`` in [0, 1], C = 1 or 3, P at least 1.
        image: The input, ``(C, H, W)``.
        attribution: ``(C, H, W)``, signed, in units of the score.
        caption: Paragraphs below the panels.
        rendering: One of `RENDERINGS`; see `render_maps`.

    Returns:
        An RGB picture; equal input gives equal bytes.

    Raises:
        ShapeError: A shape does not fit, a pixel is outside [0, 1], or a value is NaN or infinite.
        UnknownNameError: There is no such rendering.
    """
    cells = MapCells(image, rendering)
    [rendered] = cells.render([attribution])
    texts = ["counterfactual", *[""] * (len(points) - 2), "path's end"][: len(points)]
    path = [(text, cells.image_panel(point)) for text, point in zip(texts, points, strict=True)]
    below = [("input", cells.image_panel(image)), ("attribution", cells.map_panel(rendered))]
    lines = [
        beside([stacked([cells.heading(text), panel], GAP) for text, panel in line], GAP)
        for line in (path, below)
    ]
    width = max(line.width for line in lines)
    text = text_block(caption, cells.text_size, width)
    return on_paper(stacked([*lines, cells.key([rendered], width), text], 2 * GAP), MARGIN)
