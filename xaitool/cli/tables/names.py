"""Names shortened to what differs between them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size

DOTS = "..."

NARROWEST = 8
"""Columns that have room for dots and letters on both sides."""


def differing(paths: Sequence[str]) -> list[str]:
    """Paths without the folders and file names that all of them have."""
    if len(set(paths)) < 2:
        return list(paths)
    parts = [path.split("/") for path in paths]
    shortest = min(map(len, parts))
    first = _alike(parts, shortest - 1)
    last = _alike([part[::-1] for part in parts], shortest - first - 1)
    return ["/".join(part[first : len(part) - last]) for part in parts]


def shortened(names: Sequence[str], width: int) -> list[str]:
    """Different names of at most `width` columns, different still.

    What is too long loses what all names begin and end with, then its middle; names that cannot be
    told apart then end in their number, from 1.

    Args:
        names: In their order; equal ones stay equal.
        width: From `NARROWEST` on; where there is less they may be alike.
    """
    if all(cell_len(name) <= width for name in names):
        return list(names)
    unique = list(dict.fromkeys(names))
    own = own_parts(unique)
    short = [clipped(name, width) for name in own]
    if len(set(short)) < len(unique) and width >= NARROWEST:
        ends = [f"{DOTS}{number}" for number in range(1, len(unique) + 1)]
        short = [
            one if short.count(one) == 1 else set_cell_size(name, width - len(end)).rstrip() + end
            for one, name, end in zip(short, own, ends, strict=True)
        ]
    found = dict(zip(unique, short, strict=True))
    return [found[name] for name in names]


def clipped(text: str, width: int) -> str:
    """A text that fits: without its middle, or where there is no room for dots, its end."""
    if cell_len(text) <= width:
        return text
    if width < NARROWEST:
        return set_cell_size(text, width).rstrip()
    head = (width - len(DOTS) + 1) // 2
    tail = width - len(DOTS) - head
    end = text[-tail:]
    while cell_len(end) > tail:
        end = end[1:]
    return set_cell_size(text, head).rstrip() + DOTS + end


def own_parts(names: Sequence[str]) -> list[str]:
    """Without the words at both ends that all have; the names as they are where one were empty."""
    if len(set(names)) < 2:
        return list(names)
    first, last = _common_words(names), _common_words([name[::-1] for name in names])
    if any(len(name) <= first + last for name in names):
        return list(names)
    return [name[first : len(name) - last] for name in names]


def _common_words(names: Sequence[str]) -> int:
    """How much of their common beginning ends with a mark, so that no word is cut."""
    common = names[0][: _alike(names, min(map(len, names)))]
    marks = [match.end() for match in re.finditer(r"[-_/.,:@ ]", common)]
    return marks[-1] if marks else 0


def _alike(parts: Sequence[Sequence[str]], most: int) -> int:
    count = 0
    while count < most and len({part[count] for part in parts}) == 1:
        count += 1
    return count
