"""Signed preferences as bars of text, about a line of zero."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

# A whole cell, the half next to the zero line on its right and on its left, and the line. Of the
# eighths that Unicode has, the left side of the line would lack all but the half.
BLOCKS = ("█", "▌", "▐", "│")
ASCII = ("#", ":", ":", "|")

WIDEST = 100
NARROWEST = 5
LONGEST_NAME = 3
"""Part of the line that a name may have."""
INDENT = "  "


class Pen(Protocol):
    """Where text is shown; the command line's output is one."""

    @property
    def width(self) -> int:
        """Columns."""

    def can_show(self, text: str) -> bool:
        """Whether it has these characters."""

    def paint(self, text: str, positive: bool) -> str:
        """Text in the colour of a sign, or as it is."""


@dataclass(frozen=True)
class Bar:
    """One preference.

    Attributes:
        name: In front of the bar.
        value: Its length and, by its sign, its side of the line.
        label: Behind the bar.
        aside: Whether it is no preference, but shown for comparison, without colour.
    """

    name: str
    value: float
    label: str
    aside: bool = False


def text_bars(bars: Sequence[Bar], pen: Pen, scale: float) -> list[str]:
    """A line a bar; equal magnitudes have equal lengths on both sides, to half a cell.

    Args:
        bars: Shown in their order.
        pen: Where.
        scale: The magnitude of the longest bar, so that several groups compare; 0 if all are 0.
    """
    shown = [_shortened(bar.name, pen.width // LONGEST_NAME) for bar in bars]
    names = max(map(len, shown), default=0)
    labels = max((len(bar.label) for bar in bars), default=0)
    room = min(pen.width, WIDEST) - len(INDENT) - names - labels - len("  |  ")
    cells = max(NARROWEST, room // 2)
    blocks = BLOCKS if pen.can_show("".join(BLOCKS)) else ASCII
    return [
        f"{INDENT}{name:<{names}}  {_sides(bar, cells, scale, blocks, pen)}  {bar.label}"
        for name, bar in zip(shown, bars, strict=True)
    ]


def _shortened(name: str, width: int) -> str:
    return name if len(name) <= width else f"{name[: width - 3]}..."


def _sides(bar: Bar, cells: int, scale: float, blocks: tuple[str, str, str, str], pen: Pen) -> str:
    whole, right_half, left_half, line = blocks
    halves = round(2 * cells * min(abs(bar.value) / scale, 1)) if scale else 0
    full, positive = whole * (halves // 2), bar.value > 0
    drawn = full + right_half * (halves % 2) if positive else left_half * (halves % 2) + full
    blank = " " * (cells - len(drawn))
    shown = drawn if bar.aside or not drawn else pen.paint(drawn, positive)
    left, right = (" " * cells, shown + blank) if positive else (blank + shown, " " * cells)
    return f"{left}{line}{right}"
