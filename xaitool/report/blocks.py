"""Pictures put together from smaller ones: framed panels, text, rows and columns."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageDraw

from xaitool.report.pixels import Pixels
from xaitool.report.text import font, line_height, wrapped

PAPER = "white"
INK = (40, 40, 40)
FRAME = (170, 170, 170)


def framed(pixels: Pixels) -> Image.Image:
    """A panel with a hair line around: a white map would have no edge on white paper."""
    height, width, _ = pixels.shape
    block = Image.new("RGB", (width + 2, height + 2), FRAME)
    block.paste(Image.fromarray(pixels), (1, 1))
    return block


def text_block(
    paragraphs: Sequence[str], size: int, width: int, *, place: float = 0.0
) -> Image.Image:
    """Paragraphs broken into lines of `width` pixels.

    Args:
        paragraphs: None at all give a block without height.
        size: Of the letters, pixels.
        width: Of the block.
        place: Where a line stands: 0 at the left, 1/2 centred, 1 at the right.
    """
    letters = font(size)
    lines = wrapped(paragraphs, letters, width)
    block = Image.new("RGB", (width, len(lines) * line_height(size)), PAPER)
    draw = ImageDraw.Draw(block)
    for index, line in enumerate(lines):
        left = round((width - letters.getlength(line)) * place)
        draw.text((left, index * line_height(size)), line, INK, letters)
    return block


def beside(blocks: Sequence[Image.Image], gap: int, *, place: float = 1.0) -> Image.Image:
    """Blocks from left to right, those without width left out.

    Args:
        blocks: At least one.
        gap: White between two, pixels.
        place: Where a lower block stands: 0 at the top, 1/2 in the middle, 1 at the bottom.
    """
    blocks = [block for block in blocks if block.width]
    height = max(block.height for block in blocks)
    width = sum(block.width + gap for block in blocks) - gap
    row, left = Image.new("RGB", (width, height), PAPER), 0
    for block in blocks:
        row.paste(block, (left, round((height - block.height) * place)))
        left += block.width + gap
    return row


def stacked(blocks: Sequence[Image.Image], gap: int) -> Image.Image:
    """Blocks from top to bottom, flush left, those without height left out; at least one."""
    blocks = [block for block in blocks if block.height]
    height = sum(block.height + gap for block in blocks) - gap
    column, top = Image.new("RGB", (max(block.width for block in blocks), height), PAPER), 0
    for block in blocks:
        column.paste(block, (0, top))
        top += block.height + gap
    return column


def on_paper(block: Image.Image, margin: int) -> Image.Image:
    """White all around."""
    page = Image.new("RGB", (block.width + 2 * margin, block.height + 2 * margin), PAPER)
    page.paste(block, (margin, margin))
    return page
