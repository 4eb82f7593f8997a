"""Numbers and times as files of ratings have them, column by column and strictly."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

_WHOLE = b"0123456789+-"
_DECIMAL = _WHOLE + b".eE"
_PLAIN = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_EPOCH, _SECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(seconds=1)


def decimals(texts: Sequence[str]) -> NDArray[np.float64]:
    """Plain decimals, such as ``4``, ``-3.5``, ``1e-3``; no ``nan``, ``0x10`` or ``1_000``.

    Raises:
        ValueError: One is something else.
    """
    _only(_DECIMAL, texts)
    return np.fromiter(map(float, texts), np.float64, len(texts))


def is_decimal(text: str) -> bool:
    """Whether a text is a plain decimal; see `decimals`."""
    return _PLAIN.fullmatch(text) is not None


def is_date(text: str) -> bool:
    """Whether a text begins as an ISO date does, such as ``2004-01-31``."""
    return _DATE.match(text) is not None


def seconds(texts: Sequence[str], *, dates: bool) -> NDArray[np.int64]:
    """Times in whole seconds, rounded down.

    Args:
        texts: Seconds as plain decimals; or ISO dates, perhaps with a time, such as
            ``2004-01-31 12:00:00``, of UTC where they name no zone.
        dates: Which of both.

    Raises:
        ValueError: One is something else.
        OverflowError: One does not fit into int64.
    """
    if dates:
        return np.fromiter(map(_second_of_date, texts), np.int64, len(texts))
    try:
        _only(_WHOLE, texts)
    except ValueError:
        _only(_DECIMAL, texts)
        return np.fromiter(map(_second, texts), np.int64, len(texts))
    return np.fromiter(map(int, texts), np.int64, len(texts))


def is_time(text: str, *, dates: bool) -> bool:
    """Whether a text is a time; see `seconds`."""
    try:
        seconds([text], dates=dates)
    except (ValueError, OverflowError):
        return False
    return True


def _second(text: str) -> int:
    return int(text) if text.strip("+-").isdigit() else math.floor(float(text))


def _second_of_date(text: str) -> int:
    if not is_date(text):
        raise ValueError
    time = datetime.fromisoformat(text)
    return ((time if time.tzinfo else time.replace(tzinfo=UTC)) - _EPOCH) // _SECOND


def _only(allowed: bytes, texts: Sequence[str]) -> None:
    # Python's own numbers may have more in them than a file's: nan, inf, 1_000, other digits.
    if "".join(texts).encode().translate(None, allowed):
        raise ValueError
