"""The picture of one attribution: the image, the map, and the map over the image."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from torch import Tensor

from xaitool.errors import ShapeError
from xaitool.report.colour import colour_diverging, colour_scale, colour_sequential
from xaitool.report.pixels import Pixels, enlarged, enlargement, to_bytes, to_pixels
from xaitool.report.text import font, wrapped

PANEL_SIDE = 320
HEADINGS = ("input", "attribution", "overlay")
MARGIN = 14
GAP = 10
BAR_WIDTH = 14
TEXT_SIZE = 15
LINE_HEIGHT = 21
LABEL_GAP = 6
TOP = MARGIN + LINE_HEIGHT
INK = (40, 40, 40)
FRAME = (170, 170, 170)
LUMINANCE = (0.299, 0.587, 0.114)


def heat_map_picture(
    image: Tensor, attribution: Tensor, *, caption: Sequence[str] = ()
) -> Image.Image:
    """Input, map and overlay side by side, with a colour bar and a caption.

    The map is the sum over channels. One with negative values is blue, white and red, symmetric
    about zero; one without is white to dark red. The bar tells the value of the full colour
    (`colour_scale`); a map that is zero everywhere is white. Small images are enlarged by a
    whole factor.

    Args:
        image: ``(C, H, W)`` in [0, 1], C = 1 or 3.
        attribution: ``(C, H, W)``, signed, in units of the score.
        caption: Paragraphs below the panels, broken into lines where needed.

    Returns:
        An RGB picture; equal input gives equal bytes.

    Raises:
        ShapeError: A shape does not fit, a pixel is outside [0, 1], or a value is NaN or infinite.
    """
    if image.ndim != 3 or attribution.shape != image.shape:
        raise ShapeError(
            f"image and attribution are {tuple(image.shape)} and {tuple(attribution.shape)}, "
            "but one and the same (C, H, W) is wanted"
        )
    values = attribution.detach().cpu().double().sum(0).numpy()
    scale = colour_scale(values)
    signed = bool(values.min() < 0)
    pixels, colours = to_pixels(image), _colours(values, scale, signed)
    factor = enlargement(image.shape[1], image.shape[2], PANEL_SIDE)
    panels = [
        enlarged(one, factor) for one in (pixels, colours, _overlay(pixels, colours, values, scale))
    ]
    return _composed(panels, _bar(len(panels[0]), signed), _bar_labels(scale, signed), caption)


def _colours(values: NDArray[np.floating], scale: float, signed: bool) -> Pixels:
    return colour_diverging(values, scale) if signed else colour_sequential(values, scale)


def _overlay(pixels: Pixels, colours: Pixels, values: NDArray[np.floating], scale: float) -> Pixels:
    # Half of the contrast, on the light side: a dark map would drown in a dark image.
    grey = 127.5 + (pixels @ np.array(LUMINANCE))[..., None] / 2
    opacity = np.abs(values).clip(0, scale)[..., None] / (scale or 1.0)
    return to_bytes(grey * (1 - opacity) + colours * opacity)


def _bar(height: int, signed: bool) -> Pixels:
    levels = np.linspace(1, -1 if signed else 0, height)[:, None]
    return _colours(levels, 1.0, signed).repeat(BAR_WIDTH, axis=1)


def _bar_labels(scale: float, signed: bool) -> tuple[str, ...]:
    """From top to bottom, evenly spaced."""
    top = f"≥ {scale:.3g}" if scale else ""
    return (top, "0", f"≤ −{scale:.3g}") if signed else (top, "0")


def _composed(
    panels: Sequence[Pixels], bar: Pixels, labels: Sequence[str], caption: Sequence[str]
) -> Image.Image:
    letters = font(TEXT_SIZE)
    height, width, _ = panels[0].shape
    bar_left = MARGIN + len(panels) * (width + GAP)
    right = bar_left + BAR_WIDTH + LABEL_GAP + round(max(map(letters.getlength, labels)))
    lines = wrapped(caption, letters, right - MARGIN)
    below = TOP + height + GAP
    picture = Image.new("RGB", (right + MARGIN, below + len(lines) * LINE_HEIGHT + MARGIN), "white")
    draw = ImageDraw.Draw(picture)
    for index, (panel, heading) in enumerate(zip(panels, HEADINGS, strict=True)):
        left = MARGIN + index * (width + GAP)
        _framed(picture, panel, left)
        draw.text((left + width / 2, TOP - 5), heading, INK, letters, anchor="ms")
    _framed(picture, bar, bar_left)
    _label(draw, labels, bar_left + BAR_WIDTH + LABEL_GAP, height)
    for index, line in enumerate(lines):
        draw.text((MARGIN, below + index * LINE_HEIGHT), line, INK, letters)
    return picture


def _label(draw: ImageDraw.ImageDraw, labels: Sequence[str], left: int, height: int) -> None:
    half = TEXT_SIZE // 2
    places = np.linspace(TOP + half, TOP + height - half, len(labels))
    for label, place in zip(labels, places, strict=True):
        draw.text((left, place), label, INK, font(TEXT_SIZE), anchor="lm")


def _framed(picture: Image.Image, pixels: Pixels, left: int) -> None:
    """Paste with a hair line around: a white map would have no edge on white paper."""
    height, width, _ = pixels.shape
    ImageDraw.Draw(picture).rectangle(
        (left - 1, TOP - 1, left + width, TOP + height), outline=FRAME
    )
    picture.paste(Image.fromarray(pixels), (left, TOP))
