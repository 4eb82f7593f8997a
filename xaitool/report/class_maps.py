"""One image against many classes: a map for each."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image
from torch import Tensor

from xaitool.errors import ShapeError
from xaitool.report.blocks import beside, on_paper, stacked, text_block
from xaitool.report.map_cells import GAP, MARGIN, MapCells
from xaitool.report.renderings import Rendering

PANELS_IN_A_LINE = 6


def class_maps_picture(
    image: Tensor,
    maps: Sequence[Tensor | None],
    headings: Sequence[str],
    *,
    caption: Sequence[str] = (),
    rendering: Rendering = "signed",
) -> Image.Image:
    """The input, then one panel for each class, six in a line.

    Every map has a scale of its own, as in the figure of AGI's individual maps (Pan et al. 2021,
    figure 7): some classes are reached in one step and others in twenty. A key below says so.
    All share a colour map. Small images are enlarged by a whole factor, large ones reduced to 224
    pixels.

    Args:
        image: ``(C, H, W)`` in [0, 1], C = 1 or 3.
        maps: For each class ``(C, H, W)``, signed, in units of the score; None where there is
            none: a grey panel.
        headings: The classes, broken into lines where needed.
        caption: Paragraphs below the panels.
        rendering: One of `RENDERINGS`; see `render_maps`.

    Returns:
        An RGB picture; equal input gives equal bytes.

    Raises:
        ShapeError: The numbers of maps and headings differ; a shape does not fit, a pixel is
            outside [0, 1], or a value is NaN or infinite.
        UnknownNameError: There is no such rendering.
    """
    if len(maps) != len(headings):
        raise ShapeError(
            f"there are {len(maps)} maps and {len(headings)} headings, but one each is wanted"
        )
    cells = MapCells(image, rendering)
    rendered = cells.render(maps)
    panels = [cells.image_panel(image), *(cells.map_panel(one) for one in rendered)]
    texts = [cells.heading(text) for text in ("input", *headings)]
    blocks = [stacked(pair, GAP) for pair in zip(texts, panels, strict=True)]
    lines = [
        beside(blocks[first : first + PANELS_IN_A_LINE], GAP)
        for first in range(0, len(blocks), PANELS_IN_A_LINE)
    ]
    width = lines[0].width
    below = text_block(caption, cells.text_size, width)
    return on_paper(stacked([*lines, cells.key(rendered, width), below], 2 * GAP), MARGIN)
