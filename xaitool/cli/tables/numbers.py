"""Numbers in the cells of a table: four significant digits, and of what is uncertain two."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from xaitool.cli.tables.cells import cell
from xaitool.cli.tables.one_line import one_line
from xaitool.cli.tables.page import Page

DIGITS = 4

Row = Mapping[str, Any]


def shown(value: Any) -> str:
    """Any value as one line of text; ``-`` for None."""
    if value is None:
        return "-"
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{shown(name)} {shown(one)}" for name, one in value.items())
    return one_line(cell(value))


def key(value: Any) -> str:
    """What a row is of; nothing where it is of all."""
    return "" if value is None else shown(value)


def estimate(row: Row, page: Page) -> str:
    """The value of a row with what is known of its uncertainty.

    ``0.9123 [0.902, 0.921]`` with an interval, ``0.9123 ± 0.012`` with a standard deviation.
    """
    value, low, high, deviation = (row.get(name) for name in ("value", "low", "high", "std"))
    text = shown(value)
    if value is None:
        return text
    if low is not None and high is not None:
        places = _places((high - low) / 2, value)
        return f"{text} [{low:.{places}f}, {high:.{places}f}]"
    if deviation is not None:
        return f"{text} {page.plus_minus} {_two_digits(deviation, value)}"
    return text


def _float(value: float) -> str:
    # Rather 12345 than 1.235e+04.
    whole = 10 ** (DIGITS - 1) <= abs(value) < 1e9
    return f"{value:.0f}" if whole else f"{value:.{DIGITS}g}"


def _places(uncertainty: float, value: float) -> int:
    """Decimal places that give two digits of the uncertainty, and the value no more than four."""
    wanted = 1 - _exponent(uncertainty)
    most = DIGITS - 1 - min(0, _exponent(value))
    return max(0, min(wanted, most))


def _two_digits(deviation: float, value: float) -> str:
    # A rounding error of equal values, in single precision, is no spread.
    if abs(deviation) < max(1e-12, 1e-6 * abs(value)):
        return "0"
    return f"{deviation:.0f}" if 10 <= abs(deviation) < 1e9 else f"{deviation:.2g}"


def _exponent(value: float) -> int:
    return math.floor(math.log10(abs(value))) if value and math.isfinite(value) else 0
