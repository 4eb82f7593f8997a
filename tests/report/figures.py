"""What figures look like, as pixels, and what they say."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from matplotlib.text import Text
from PIL import Image

from xaitool.report.figure import usual_style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DOTS_PER_INCH = 150


def pixels(figure: Figure) -> Image.Image:
    """An RGB picture of 150 dots an inch."""
    file = io.BytesIO()
    with usual_style():
        figure.savefig(file, format="png", dpi=DOTS_PER_INCH)
    return Image.open(file).convert("RGB")


def texts(figure: Figure) -> list[Text]:
    """All texts that are seen, where the figure's layout puts them."""
    with usual_style():
        figure.draw_without_rendering()
    found = [*figure.findobj(Text)]
    for axis in (axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)):
        low, high = sorted(axis.get_view_interval())
        ticks = [*axis.get_major_ticks(), *axis.get_minor_ticks()]
        hidden = [
            label
            for tick in ticks
            for label in (tick.label1, tick.label2)
            if not (low <= tick.get_loc() <= high and axis.axes.get_visible())
        ]
        found = [text for text in found if all(text is not label for label in hidden)]
    return [text for text in found if text.get_visible() and text.get_text()]


def outside(figure: Figure, shown: list[Text] | None = None) -> list[str]:
    """Of its texts, which may be given, those that are not wholly inside the figure."""
    width, height = figure.bbox.size
    return [
        text.get_text()
        for text in (texts(figure) if shown is None else shown)
        if (box := text.get_window_extent()).x0 < 0
        or box.y0 < 0
        or box.x1 > width
        or box.y1 > height
    ]


def overlapping(figure: Figure, shown: list[Text] | None = None) -> list[tuple[str, str]]:
    """Pairs of its texts, which may be given, one of which lies on the other."""
    every = texts(figure) if shown is None else shown
    boxes = [(text.get_text(), text.get_window_extent()) for text in every]
    return [
        (first, second)
        for place, (first, box) in enumerate(boxes)
        for second, other in boxes[:place]
        if min(box.x1, other.x1) - max(box.x0, other.x0) > 1
        and min(box.y1, other.y1) - max(box.y0, other.y0) > 1
    ]
