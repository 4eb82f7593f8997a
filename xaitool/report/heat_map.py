"""The picture of one attribution: the image, the map, and the map over the image."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw
from torch import Tensor

from xaitool.report.blocks import INK, beside, framed, on_paper, stacked, text_block
from xaitool.report.pixels import (
    Pixels,
    check_same_shape,
    enlarged,
    enlargement,
    to_bytes,
    to_pixels,
)
from xaitool.report.rendered_map import RenderedMap, coloured, render_maps
from xaitool.report.renderings import Rendering
from xaitool.report.text import font

PANEL_SIDE = 320
MARGIN = 14
GAP = 10
BAR_WIDTH = 14
TEXT_SIZE = 15
LABEL_GAP = 6
LUMINANCE = (0.299, 0.587, 0.114)
HEADINGS: dict[Rendering, str] = {
    "signed": "attribution",
    "reversed": "attribution",
    "absolute": "|attribution|",
    "percentile": "attribution, 80th to 99th percentile",
}


def heat_map_picture(
    image: Tensor,
    attribution: Tensor,
    *,
    caption: Sequence[str] = (),
    rendering: Rendering = "signed",
    baseline: Tensor | None = None,
) -> Image.Image:
    """Input, baseline, map and overlay side by side, with a colour bar and a caption.

    The bar tells the values of the colours; a map that is zero everywhere is white. Small images
    are enlarged by a whole factor.

    Args:
        image: ``(C, H, W)`` in [0, 1], C = 1 or 3.
        attribution: ``(C, H, W)``, signed, in units of the score.
        caption: Paragraphs below the panels, broken into lines where needed.
        rendering: One of `RENDERINGS`; see `render_maps`.
        baseline: ``(C, H, W)`` in [0, 1], shown beside the input; None: no such panel.

    Returns:
        An RGB picture; equal input gives equal bytes.

    Raises:
        ShapeError: A shape does not fit, a pixel is outside [0, 1], or a value is NaN or infinite.
        UnknownNameError: There is no such rendering.
    """
    check_same_shape("attribution", attribution, image)
    [rendered] = render_maps([attribution], rendering)
    pixels = to_pixels(image)
    panels = {"input": pixels}
    if baseline is not None:
        check_same_shape("baseline", baseline, image)
        panels["baseline"] = to_pixels(baseline)
    panels[HEADINGS[rendering]] = rendered.colours
    panels["overlay"] = _overlay(pixels, rendered)
    factor = enlargement(image.shape[1], image.shape[2], PANEL_SIDE)
    blocks = [_panel(heading, enlarged(panel, factor)) for heading, panel in panels.items()]
    row = beside([*blocks, _bar(rendered, factor * image.shape[1])], GAP)
    return on_paper(stacked([row, text_block(caption, TEXT_SIZE, row.width)], GAP), MARGIN)


def _overlay(pixels: Pixels, rendered: RenderedMap) -> Pixels:
    # Half of the contrast, on the light side: a dark map would drown in a dark image.
    grey = 127.5 + (pixels @ np.array(LUMINANCE))[..., None] / 2
    opacity = np.abs(rendered.levels)[..., None]
    return to_bytes(grey * (1 - opacity) + rendered.colours * opacity)


def _panel(heading: str, pixels: Pixels) -> Image.Image:
    panel = framed(pixels)
    return stacked([text_block([heading], TEXT_SIZE, panel.width, place=0.5), panel], 0)


def _bar(rendered: RenderedMap, height: int) -> Image.Image:
    levels = np.linspace(1, -1 if rendered.diverging else 0, height)[:, None]
    bar = framed(coloured(levels, rendered.diverging, rendered.reverse).repeat(BAR_WIDTH, axis=1))
    return beside([bar, _bar_labels(rendered.labels, bar.height)], LABEL_GAP)


def _bar_labels(labels: Sequence[str], height: int) -> Image.Image:
    letters, half = font(TEXT_SIZE), TEXT_SIZE // 2
    block = Image.new("RGB", (round(max(map(letters.getlength, labels))), height), "white")
    draw = ImageDraw.Draw(block)
    for label, place in zip(labels, np.linspace(half, height - half, len(labels)), strict=True):
        draw.text((0, place), label, INK, letters, anchor="lm")
    return block
