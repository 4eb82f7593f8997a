"""The three standard streams as a command may find them: closed, full, or with nobody there."""

from __future__ import annotations

import codecs
import contextlib
import errno
import io
import os
import signal
import sys
from collections.abc import Iterator
from typing import Any, TextIO

from xaitool.errors import StoppedBySignal


@contextlib.contextmanager
def standard_streams() -> Iterator[None]:
    """Inside the block standard output says what is wrong with it, and standard error never does.

    What a caller closed is opened on nothing, because the next file of ours would take its number
    and receive what a library writes there: output so that writing to it is the error that it is.
    Streams that are somebody's own, as in a test, are left alone.
    """
    for number, mode in enumerate((os.O_RDONLY, os.O_RDONLY, os.O_WRONLY)):
        _occupy(number, mode)
    before = sys.stdout, sys.stderr
    if _is_standard(sys.stdout, 1):
        sys.stdout = _as_text(StandardOutput(1, "w", closefd=False), sys.stdout, "xaitool")
    if _is_standard(sys.stderr, 2):
        sys.stderr = _as_text(StandardError(2, "w", closefd=False), sys.stderr, "backslashreplace")
    try:
        yield
    finally:
        # What is left in it has been told already, and would be told again at the very end.
        with contextlib.suppress(OSError, StoppedBySignal):
            sys.stdout.flush()
        sys.stdout, sys.stderr = before


@contextlib.contextmanager
def data_alone() -> Iterator[TextIO]:
    """Standard output for data; inside the block what others write there goes to standard error.

    That is what Python prints, what C writes to the descriptor, and what child processes do.
    """
    before = data = sys.stdout
    descriptor = os.dup(1)
    if _is_standard(data, 1):
        data = _as_text(StandardOutput(descriptor, "w", closefd=False), data, "xaitool")
    sys.stdout = sys.stderr
    os.dup2(2, 1)
    try:
        yield data
    finally:
        _write_out()
        os.dup2(descriptor, 1)
        sys.stdout = before
        os.close(descriptor)


def _write_out() -> None:
    """What is still held back in Python's own standard output, and in C's."""
    import ctypes

    with contextlib.suppress(OSError, ValueError):
        if sys.__stdout__ is not None:
            sys.__stdout__.flush()
    # Where the system has no C library under this name.
    with contextlib.suppress(OSError, TypeError, AttributeError):
        ctypes.CDLL(None).fflush(None)


class StandardOutput(io.FileIO):
    """Its errors name it; after one nothing more is written, so that leaving raises no second."""

    _broken = False

    def write(self, data: Any) -> int:
        """Write some bytes.

        Raises:
            StoppedBySignal: Nobody reads any more, which is no fault.
            OSError: It is full or closed.
        """
        if self._broken:
            return len(data)
        try:
            return super().write(data)
        except OSError as error:
            self._broken = True
            if error.errno == errno.EPIPE:
                message = "nobody reads standard output"
                raise StoppedBySignal(signal.SIGPIPE, message) from None
            error.filename = "standard output"
            raise


class StandardError(io.FileIO):
    """Drops what cannot be written: a log that is full or gone is no reason to stop the work."""

    def write(self, data: Any) -> int:
        """Write some bytes, or none."""
        try:
            return super().write(data) or len(data)
        except OSError:
            return len(data)


def encoding_fallback(error: UnicodeError) -> tuple[str | bytes, int]:
    """For `codecs.register_error`: a path's own bytes, escapes for what stdout lacks."""
    try:
        return codecs.lookup_error("surrogateescape")(error)
    except UnicodeError:
        return codecs.backslashreplace_errors(error)


codecs.register_error("xaitool", encoding_fallback)


def _occupy(number: int, mode: int) -> None:
    try:
        os.fstat(number)
    except OSError:
        opened = os.open(os.devnull, mode)
        if opened != number:
            os.dup2(opened, number)
            os.close(opened)


def _is_standard(stream: TextIO | None, number: int) -> bool:
    try:
        return stream is None or stream.fileno() == number
    except (OSError, ValueError):
        return False


def _as_text(raw: io.FileIO, like: TextIO | None, errors: str) -> TextIO:
    encoding = "utf-8" if like is None else like.encoding
    buffer = io.BufferedWriter(raw)
    return io.TextIOWrapper(buffer, encoding, errors, line_buffering=True)
