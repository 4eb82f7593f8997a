"""A value as text in a cell of a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# A tab or a line break inside a value would break the table.
BREAKS = str.maketrans("\t\r\n", "   ")


def cell(value: Any) -> str:
    """A value as short text: six digits of a number, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return " ".join(f"{cell(name)}:{cell(one)}" for name, one in value.items())
    if hasattr(value, "item"):
        value = value.item()
    return f"{value:.6g}" if isinstance(value, float) else str(value).translate(BREAKS)
