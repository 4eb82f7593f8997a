"""What pictures of many maps are made of: panels of one size, their headings, a key to colours."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import numpy as np
from PIL import Image
from torch import Tensor

from xaitool.errors import ShapeError
from xaitool.report.blocks import beside, framed, stacked, text_block
from xaitool.report.pixels import (
    Pixels,
    check_same_shape,
    enlarged,
    enlargement,
    reduced,
    to_pixels,
)
from xaitool.report.rendered_map import RenderedMap, coloured, render_maps
from xaitool.report.renderings import Rendering
from xaitool.report.text import font

SMALLEST_SIDE, LARGEST_SIDE = 128, 224
MARGIN = 14
GAP = 6
BAR_HEIGHT = 12
MISSING = 235

FULL_COLOUR = "Each map has its own scale; full colour: 99th percentile of its magnitudes."
KEY: dict[Rendering, str] = {
    "signed": FULL_COLOUR,
    "reversed": FULL_COLOUR,
    "absolute": FULL_COLOUR,
    "percentile": "Each map has its own scale, from its 80th to its 99th percentile.",
}


class MapCells:
    """The panels of one picture, all of one size.

    Images are enlarged by a whole factor until the longer side is 128 pixels, or reduced to 224.

    Args:
        image: The first image, ``(C, H, W)``; all others have its shape.
        rendering: One of `RENDERINGS`.

    Raises:
        ShapeError: The image is not ``(C, H, W)``.
    """

    def __init__(self, image: Tensor, rendering: Rendering) -> None:
        if image.ndim != 3 or image.numel() == 0:
            raise ShapeError(f"the image is {tuple(image.shape)}, but (C, H, W) is wanted")
        self.first = image
        self.rendering = rendering
        height, width = reduced(image, LARGEST_SIDE).shape[1:]
        self.factor = enlargement(height, width, SMALLEST_SIDE)
        self.height, self.width = height * self.factor, width * self.factor
        self.text_size = round(max(self.height, self.width) / 11)

    def image_panel(self, image: Tensor | None) -> Image.Image:
        """The panel of an input or a baseline; grey where there is none.

        Raises:
            ShapeError: It has another shape than the first, or a pixel is outside [0, 1].
        """
        if image is None:
            return self._missing()
        check_same_shape("first image", self.first, image)
        return self._panel(to_pixels(reduced(image, LARGEST_SIDE)))

    def render(self, attributions: Sequence[Tensor | None]) -> list[RenderedMap | None]:
        """The maps of one method, reduced as the images are; None stays None.

        Raises:
            ShapeError: A map has another shape than the images, or is NaN or infinite somewhere.
            UnknownNameError: There is no such rendering.
        """
        present = [one for one in attributions if one is not None]
        for one in present:
            check_same_shape("attribution", one, self.first)
        maps = iter(render_maps([reduced(one, LARGEST_SIDE) for one in present], self.rendering))
        return [None if one is None else next(maps) for one in attributions]

    def map_panel(self, rendered: RenderedMap | None) -> Image.Image:
        """The panel of a map; grey where there is none, because a map of zeros is white."""
        if rendered is not None:
            return self._panel(rendered.colours)
        return self._missing()

    def heading(self, text: str) -> Image.Image:
        """Centred above a panel, in as many lines as it needs."""
        return text_block(text.splitlines(), self.text_size, self.width + 2, place=0.5)

    def key(self, maps: Sequence[RenderedMap | None], width: int) -> Image.Image:
        """What the colours of some maps mean; its text is broken at `width` pixels."""
        kinds = sorted({one.diverging for one in maps if one is not None}, reverse=True)
        bars = [beside([self._bar(kind) for kind in kinds], 4 * GAP)] if kinds else []
        text = KEY[self.rendering] + (" Grey: no map." if None in maps else "")
        return stacked([*bars, text_block([text], self.text_size, width)], GAP)

    def _bar(self, diverging: bool) -> Image.Image:
        levels = np.linspace(-1 if diverging else 0, 1, 5 * self.text_size)[None]
        colours = coloured(levels, diverging, self.rendering == "reversed")
        bar = framed(colours.repeat(BAR_HEIGHT, axis=0))
        ends = ("low", "high") if self.rendering == "percentile" else ("zero", "large")
        if self.rendering in ("signed", "reversed"):
            ends = ("negative" if diverging else "zero", "positive")
        low, high = map(self._word, ends)
        return beside([low, bar, high], GAP, place=0.5)

    def _word(self, word: str) -> Image.Image:
        width = ceil(font(self.text_size).getlength(word))
        return text_block([word], self.text_size, width)

    def _missing(self) -> Image.Image:
        return framed(np.full((self.height, self.width, 3), MISSING, np.uint8))

    def _panel(self, pixels: Pixels) -> Image.Image:
        return framed(enlarged(pixels, self.factor))
