"""Text in pictures."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from PIL import ImageFont


@cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """DejaVu Sans, as matplotlib ships it: the same on every machine, and with accents, Greek
    and mathematical signs, which the font inside Pillow lacks.

    Args:
        size: In pixels.
    """
    import matplotlib

    path = Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)


def wrapped(paragraphs: Iterable[str], letters: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """Break paragraphs at spaces into lines of `width` pixels; a longer word stays whole."""
    lines = []
    for paragraph in paragraphs:
        line = ""
        for word in paragraph.split():
            longer = f"{line} {word}".strip()
            if line and letters.getlength(longer) > width:
                lines.append(line)
                longer = word
            line = longer
        lines.append(line)
    return lines
