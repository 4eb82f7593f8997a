"""Delimited text files, line by line: fields, delimiters, and in which line a fault is."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from xaitool.errors import DataError

UTF8 = "utf-8-sig"
"""UTF-8, with or without the byte order mark that spreadsheets write."""

_CHUNK_CHARACTERS = 1 << 20


def chunks(path: Path, *, encoding: str = UTF8, start: int = 1) -> Iterator[tuple[int, list[str]]]:
    """The lines of a file, some at a time, each with its end.

    Args:
        path: The file.
        encoding: Of its text.
        start: Number of the first line that is wanted, from 1.

    Yields:
        Number of the first line of these, and the lines.

    Raises:
        DataError: The file cannot be read, or is of another encoding.
    """
    try:
        with path.open(encoding=encoding) as handle:
            # Lines before the first that is wanted.
            for _ in islice(handle, start - 1):
                pass
            while lines := handle.readlines(_CHUNK_CHARACTERS):
                yield start, lines
                start += len(lines)
    except UnicodeDecodeError:
        raise _undecodable(path, encoding) from None
    except OSError as error:
        raise DataError(
            f"file '{path}' cannot be read ({error.strerror}), but a readable file is wanted"
        ) from None


def numbered_lines(path: Path, *, encoding: str = UTF8) -> Iterator[tuple[int, str]]:
    """Number, from 1, and text of every line that is not blank.

    Raises:
        DataError: See `chunks`.
    """
    for start, lines in chunks(path, encoding=encoding):
        for number, line in enumerate(lines, start):
            if not line.isspace():
                yield number, line


def delimiter_of(line: str) -> str:
    """A tab, else ``::``, else a comma: the first of them that is in the line."""
    return next((delimiter for delimiter in ("\t", "::") if delimiter in line), ",")


def fields_of(line: str, delimiter: str) -> list[str]:
    """The fields of a line, without the blanks around them; commas may stand in quotes."""
    parts = line.split(delimiter)
    if delimiter == "," and '"' in line:
        try:
            parts = next(csv.reader([line], skipinitialspace=True))
        except csv.Error:
            parts = [line]
    return [part.strip() for part in parts]


def _undecodable(path: Path, encoding: str) -> DataError:
    with path.open("rb") as lines:
        faults = (number for number, line in enumerate(lines, 1) if not _decodes(line, encoding))
        number = next(faults)
    return DataError(f"line {number} of '{path}' is not UTF-8 text, but such text is wanted")


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
