"""A grid of images whose columns and rows have names."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from PIL import Image
from torch import Tensor

from xaitool.errors import ShapeError
from xaitool.report.blocks import beside, on_paper, stacked, text_block
from xaitool.report.sample_grid import GAP, SMALLEST_SIDE, sample_grid
from xaitool.report.text import font, wrapped

TEXT_SIZE = 13
LABEL_WIDTH = 130
MARGIN = 10
ROOM = 6


def named_grid(
    images: Tensor, columns: Sequence[str], rows: Sequence[str], *, caption: Sequence[str] = ()
) -> Image.Image:
    """Images row by row, as `sample_grid`, with a heading above each column.

    Args:
        images: ``(R, C, channels, H, W)`` in [0, 1].
        columns: C headings, broken into lines where needed.
        rows: R labels.
        caption: Paragraphs below.

    Returns:
        An RGB picture; equal input gives equal bytes.

    Raises:
        ShapeError: There are more or fewer names than columns or rows, or a pixel is outside
            [0, 1].
    """
    if images.ndim != 5 or images.shape[:2] != (len(rows), len(columns)):
        raise ShapeError(
            f"the images are {tuple(images.shape)}, but {len(rows)} rows of {len(columns)} "
            "columns are wanted"
        )
    grid = sample_grid(images.flatten(0, 1), columns=len(columns))
    step = (grid.width - GAP) // len(columns), (grid.height - GAP) // len(rows)
    headings = beside(
        [text_block([text], TEXT_SIZE, step[0] - ROOM, place=0.5) for text in columns], ROOM
    )
    labels = _column(rows, step[1])
    corner = Image.new("RGB", (labels.width, 1), "white")
    body = stacked([beside([corner, headings], ROOM), beside([labels, grid], ROOM, place=0.5)], 2)
    width = max(body.width, 4 * SMALLEST_SIDE)
    return on_paper(stacked([body, text_block(caption, TEXT_SIZE, width)], ROOM), MARGIN)


def _column(texts: Sequence[str], height: int) -> Image.Image:
    letters = font(TEXT_SIZE)
    longest = ceil(max(map(letters.getlength, wrapped(texts, letters, LABEL_WIDTH))))
    cells = []
    for text in texts:
        block = text_block([text], TEXT_SIZE, longest, place=1.0)
        cell = Image.new("RGB", (longest, height), "white")
        cell.paste(block, (0, max(0, (height - block.height) // 2)))
        cells.append(cell)
    return stacked(cells, 0)
