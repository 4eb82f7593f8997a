"""Delimited text files, line by line: fields, delimiters, and in which line a fault is."""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from xaitool.data.names import normal_form
from xaitool.errors import DataError
from xaitool.io.folders import kind_of_mode

UTF8 = "utf-8-sig"
"""UTF-8, with or without the byte order mark that spreadsheets write."""

DELIMITERS = "tabs, '::', commas, ';' or blanks"
"""What may stand between fields, for messages."""

LARGEST_RATIO, FREE = 100, 1 << 26
"""How many times its size a ``.gz`` may have unpacked, and what it may have in any case."""

_CHUNK_CHARACTERS = 1 << 20
_LONGEST_LINE = 1 << 20
_DAMAGE = (EOFError, zlib.error, gzip.BadGzipFile)
_QUOTED = re.compile(r'"[^"]*"')


def chunks(path: Path, *, encoding: str = UTF8, start: int = 1) -> Iterator[tuple[int, list[str]]]:
    """The lines of a file, some at a time, each with its end; a ``.gz`` is unpacked meanwhile.

    Args:
        path: The file.
        encoding: Of its text.
        start: Number of the first line that is wanted, from 1.

    Yields:
        Number of the first line of these, and the lines.

    Raises:
        DataError: The file cannot be read, is no regular file, is damaged or of another encoding,
            has a line of more than a million characters, or is a ``.gz`` of more than
            `LARGEST_RATIO` times its size.
    """
    try:
        number = 1
        for lines in _blocks(path, encoding):
            skipped, last = max(0, start - number), number + len(lines) - 1
            if len(lines[-1]) > _LONGEST_LINE:
                raise DataError(
                    f"line {last} of '{path}' has more than {_LONGEST_LINE:,} characters, but "
                    "shorter ones are wanted"
                )
            if skipped < len(lines):
                yield number + skipped, lines[skipped:]
            number = last + 1
    except UnicodeDecodeError:
        raise _undecodable(path, encoding) from None
    except _DAMAGE:
        raise _damaged(path) from None
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


def is_utf8(path: Path) -> bool:
    """Whether a file is UTF-8 text; so it is where it cannot be read, which its reader will say."""
    try:
        for _ in _blocks(path, UTF8):
            pass
    except UnicodeDecodeError:
        return False
    except (OSError, *_DAMAGE):
        return True
    return True


def delimiter_of(line: str) -> str:
    """A tab, else ``::``, else what there is more of, commas or ``;``, else blanks.

    What stands in quotes does not count; a line without any of them is delimited by commas.
    """
    text = _QUOTED.sub("quoted", line)
    for delimiter in ("\t", "::", *sorted(",;", key=text.count, reverse=True)):
        if delimiter in text:
            return delimiter
    return " " if " " in text.strip() else ","


def fields_of(line: str, delimiter: str) -> list[str]:
    """The fields of a line, without the blanks around them; delimiters may stand in quotes."""
    if delimiter == " ":
        line = line.strip()
    parts = line.split(None if delimiter == " " else delimiter)
    if delimiter in ",; " and '"' in line:
        try:
            parts = next(csv.reader([line], delimiter=delimiter, skipinitialspace=True))
        except csv.Error:
            parts = [line]
    return [part.strip() for part in parts]


def _blocks(path: Path, encoding: str) -> Iterator[list[str]]:
    """Whole lines in one normal form, some at a time; the last is cut where it is endless."""
    with _opened(path) as binary, io.TextIOWrapper(binary, encoding) as handle:
        rest, left = "", max(FREE, LARGEST_RATIO * path.stat().st_size)
        while text := handle.read(_CHUNK_CHARACTERS):
            left -= len(text)
            if left < 0:
                raise DataError(
                    f"file '{path}' is more than {LARGEST_RATIO} times as large when it is "
                    "unpacked, but one of ratings is not",
                    hint="unpack it, if it is what it should be",
                )
            text = rest + text
            end = text.rfind("\n") + 1
            if len(text) - end > _LONGEST_LINE:
                end = len(text)
            if end:
                yield io.StringIO(normal_form(text[:end]), newline="\n").readlines()
            rest = text[end:]
        if rest:
            yield [normal_form(rest)]


def _opened(path: Path) -> BinaryIO:
    kind = kind_of_mode(path.stat().st_mode)
    if kind not in ("a file", "a folder"):  # to open a folder says that it is one
        raise DataError(
            f"'{path}' is {kind}, but a regular file is wanted",
            hint="a file is read more than once: write it to disk first",
        )
    if path.suffix == ".gz":
        return cast("BinaryIO", gzip.open(path))
    return path.open("rb")


def _undecodable(path: Path, encoding: str) -> DataError:
    with _opened(path) as binary:
        lines = iter(lambda: binary.readline(_LONGEST_LINE), b"")
        faults = (number for number, line in enumerate(lines, 1) if not _decodes(line, encoding))
        try:
            number = next(faults, 1)
        except _DAMAGE:
            return _damaged(path)
    return DataError(f"line {number} of '{path}' is not UTF-8 text, but such text is wanted")


def _damaged(path: Path) -> DataError:
    return DataError(f"file '{path}' is damaged, but a whole gzip file is wanted")


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
