"""Images x methods in one picture, as in the papers' figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from PIL import Image
from torch import Tensor

from xaitool.errors import ShapeError
from xaitool.report.blocks import beside, on_paper, stacked, text_block
from xaitool.report.map_cells import GAP, MARGIN, MapCells
from xaitool.report.renderings import Rendering
from xaitool.report.text import font, wrapped

LABEL_GAP = 10


@dataclass(frozen=True)
class GridRow:
    """One image and what the methods say about it.

    Attributes:
        image: ``(C, H, W)`` in [0, 1], C = 1 or 3.
        label: What was explained, in paragraphs, such as ``goldfish`` and ``logit 12.3``.
        maps: For each column ``(C, H, W)``, signed, in units of the score; None where there is
            none, such as an image that was skipped.
        pictures: What is shown beside the image, such as its baselines, of its shape in [0, 1];
            None where there is none.
    """

    image: Tensor
    label: Sequence[str]
    maps: Sequence[Tensor | None]
    pictures: Sequence[Tensor | None] = ()


def attribution_grid(
    rows: Sequence[GridRow],
    columns: Sequence[str],
    *,
    pictures: Sequence[str] = (),
    caption: Sequence[str] = (),
    rendering: Rendering = "signed",
) -> Image.Image:
    """A row for each image: its label, itself, its pictures, then a column for each method.

    Every map has a scale of its own, because the units differ between methods; a key below says
    so. The maps of a column share a colour map. Small images are enlarged by a whole factor,
    large ones reduced to 224 pixels. Where there is no map the cell is grey.

    Args:
        rows: At least one; all images of one shape.
        columns: Headings, broken into lines where needed and where they say so; none where there
            are only pictures.
        pictures: Headings of the rows' `pictures`.
        caption: Paragraphs below the grid.
        rendering: One of `RENDERINGS`; see `render_maps`.

    Returns:
        An RGB picture; equal input gives equal bytes.

    Raises:
        ShapeError: There is no row; a row has more or fewer maps or pictures than there are
            headings; a shape does not fit, a pixel is outside [0, 1], or a value is NaN or
            infinite.
        UnknownNameError: There is no such rendering.
    """
    _check(rows, columns, pictures)
    cells = MapCells(rows[0].image, rendering)
    maps = [cells.render([row.maps[index] for row in rows]) for index in range(len(columns))]
    lines = [
        [
            *(cells.image_panel(one) for one in (row.image, *row.pictures)),
            *(cells.map_panel(column[index]) for column in maps),
        ]
        for index, row in enumerate(rows)
    ]
    headings = beside([cells.heading(text) for text in ("input", *pictures, *columns)], GAP)
    body = [headings, *(beside(line, GAP) for line in lines)]
    labels = _labels([row.label for row in rows], cells.text_size, cells.width)
    if labels[0].width:
        blank = Image.new("RGB", (labels[0].width, 1), "white")
        body = [
            beside(pair, LABEL_GAP, place=0.5) for pair in zip([blank, *labels], body, strict=True)
        ]
    key = [cells.key([one for column in maps for one in column], body[0].width)] if maps else []
    below = text_block(caption, cells.text_size, body[0].width)
    return on_paper(stacked([stacked(body, GAP), *key, below], 2 * GAP), MARGIN)


def _check(rows: Sequence[GridRow], columns: Sequence[str], pictures: Sequence[str]) -> None:
    if not rows:
        raise ShapeError("the grid has no rows, but at least one is wanted")
    for row in rows:
        for what, found, headings in (
            ("maps", row.maps, columns),
            ("pictures", row.pictures, pictures),
        ):
            if len(found) != len(headings):
                raise ShapeError(
                    f"a row of the grid has {len(found)} {what}, but {len(headings)} are wanted, "
                    "one for each column"
                )


def _labels(labels: Sequence[Sequence[str]], size: int, widest: int) -> list[Image.Image]:
    """Blocks of one width, no wider than the longest line."""
    letters = font(size)
    lines = [line for label in labels for line in wrapped(label, letters, widest)]
    width = ceil(max(map(letters.getlength, lines), default=0))
    return [text_block(label, size, width, place=1.0) for label in labels]
