"""Pictures in rows and columns, with a heading to each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil

from PIL import Image

from xaitool.errors import ShapeError
from xaitool.report.blocks import beside, on_paper, stacked, text_block
from xaitool.report.text import font, wrapped

SIDE = 260
LABEL_WIDTH = 170
TEXT_SIZE = 16
GAP, MARGIN = 10, 14


def picture_table(
    rows: Mapping[str, Sequence[Image.Image | None]], columns: Sequence[str], *, side: int = SIDE
) -> Image.Image:
    """A labelled row of pictures for each name.

    Args:
        rows: Label to one picture a column; None leaves the place white. At least one row.
        columns: Headings, at least one.
        side: To which the longer side of a larger picture is reduced, in pixels; smaller ones stay.

    Returns:
        An RGB picture; equal input gives equal bytes.

    Raises:
        ShapeError: There is no row, or a row has more or fewer pictures than there are headings.
    """
    if not rows or not columns or any(len(row) != len(columns) for row in rows.values()):
        raise ShapeError(
            f"the rows have {[len(row) for row in rows.values()]} pictures, but at least one row "
            f"is wanted, each with one for each of the {len(columns)} columns"
        )
    small = {label: [_reduced(picture, side) for picture in row] for label, row in rows.items()}
    found = [picture for row in small.values() for picture in row if picture is not None]
    width = max((picture.width for picture in found), default=side)
    labels = _labels(list(small))
    corner = Image.new("RGB", (labels[0].width, 1), "white")
    lines = [
        beside(
            [corner, *(text_block([text], TEXT_SIZE, width, place=0.5) for text in columns)], GAP
        )
    ]
    for label, row in zip(labels, small.values(), strict=True):
        cells = [picture or Image.new("RGB", (width, 1), "white") for picture in row]
        lines.append(beside([label, *(_widened(cell, width) for cell in cells)], GAP, place=0.5))
    return on_paper(stacked(lines, GAP), MARGIN)


def _labels(texts: Sequence[str]) -> list[Image.Image]:
    """Blocks of one width, no wider than the longest line."""
    letters = font(TEXT_SIZE)
    longest = max(map(letters.getlength, wrapped(texts, letters, LABEL_WIDTH)))
    return [text_block([text], TEXT_SIZE, ceil(longest)) for text in texts]


def _reduced(picture: Image.Image | None, side: int) -> Image.Image | None:
    if picture is None:
        return None
    picture = picture.convert("RGB")
    # BOX averages whole pixels, so that lines between images neither ring nor vanish.
    picture.thumbnail((side, side), Image.Resampling.BOX)
    return picture


def _widened(picture: Image.Image, width: int) -> Image.Image:
    cell = Image.new("RGB", (width, picture.height), "white")
    cell.paste(picture, ((width - picture.width) // 2, 0))
    return cell
