"""Text in pictures."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import cache
from math import ceil
from pathlib import Path

from PIL import ImageFont

BREAKS = "-_/."


@cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """DejaVu Sans, as matplotlib ships it: the same on every machine, and with accents, Greek,
    Cyrillic and mathematical signs, which the font inside Pillow lacks.

    Chinese, Japanese and Korean characters are not in it and show as boxes; Arabic and Indic
    ones are not joined.

    Args:
        size: In pixels.
    """
    import matplotlib

    path = Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)


def drawable(text: str) -> str:
    """A name as matplotlib takes it: bytes of a file name that are no characters are escaped."""
    return text.encode(errors="backslashreplace").decode()


def number(value: float, form: str) -> str:
    """A number as text, such as with ``.3g``, with a real minus sign."""
    return format(value, form).replace("-", "−")


def four_digits(value: float) -> str:
    """A number as text; rather 12345 than 1.234e+04."""
    return number(value, ".0f" if 1000 <= abs(value) < 1e9 else ".4g")


def shortened(text: str, most: int) -> str:
    """A text of at most so many letters: of a longer one the beginning and the end."""
    if len(text) <= most:
        return text
    end = (most - 1) // 2
    return f"{text[: most - 1 - end]}…{text[len(text) - end :]}"


def line_height(size: int) -> int:
    """From one line to the next, in pixels, for letters of a size."""
    return round(1.4 * size)


def wrapped(paragraphs: Iterable[str], letters: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """Break paragraphs into lines of `width` pixels.

    They break at spaces; a word that is longer than a line breaks after a hyphen, underscore,
    slash or dot, and where none fits, anywhere.
    """
    lines = []
    for paragraph in paragraphs:
        line = ""
        for word in paragraph.split():
            for part in _parts(word, letters, width):
                longer = f"{line} {part}".strip()
                if line and letters.getlength(longer) > width:
                    lines.append(line)
                    longer = part
                line = longer
        lines.append(line)
    return lines


def _parts(word: str, letters: ImageFont.FreeTypeFont, width: int) -> Iterator[str]:
    # A part is as long as fits, so that no two parts come to stand in one line, with a space.
    while len(word) > 1 and letters.getlength(word) > width:
        counts = range(1, len(word))
        fitting = bisect_right(
            counts, width, key=lambda count: ceil(letters.getlength(word[:count]))
        )
        after_mark = max(word.rfind(mark, 0, fitting) for mark in BREAKS) + 1
        count = after_mark or max(1, fitting)
        yield word[:count]
        word = word[count:]
    yield word
