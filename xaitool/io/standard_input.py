"""Names that standard input lists, read only where ``-`` asks for them."""

from __future__ import annotations

import codecs
import os
import sys
from collections.abc import Iterable, Iterator
from itertools import chain

from xaitool.errors import ConfigError


def listed_names() -> Iterator[str]:
    """The names on standard input, as they come: one a line, or each ended by a NUL.

    The second is what ``find -print0`` writes, for names with line breaks. They are read as bytes,
    because a file name need not be text; blank ones and a byte order mark are none.

    Raises:
        ConfigError: It is closed, cannot be read, or mixes both forms.
    """
    if sys.stdin is None:
        raise ConfigError("standard input is closed, but a list of names is wanted for -")
    try:
        yield from parted_names(sys.stdin.buffer)
    except OSError as error:
        raise ConfigError(f"standard input cannot be read: {error.strerror}") from error


def parted_names(lines: Iterable[bytes]) -> Iterator[str]:
    """The names in such lines; see `listed_names`."""
    lines = iter(lines)
    first = next(lines, b"").removeprefix(codecs.BOM_UTF8)
    if b"\0" in first:
        names: Iterable[bytes] = b"".join((first, *lines)).split(b"\0")
    else:
        names = (line.rstrip(b"\r\n") for line in chain((first,), lines))
    for name in names:
        if b"\0" in name:
            raise ConfigError(
                f"standard input has a NUL in {os.fsdecode(name)!r}, but one name a line is wanted",
                hint="or one to be ended by a NUL each, the first without a line break",
            )
        if name.strip():
            yield os.fsdecode(name)
