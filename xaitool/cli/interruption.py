"""Ctrl-C where there is no state to save: while the program starts, loads and measures."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from types import FrameType

STOPPED = "stopped by SIGINT"


class Interruption:
    """Ctrl-C inside a ``with`` block ends what is being done; a second one ends the process.

    Workflows that have a state to save put a `StopSignal` in its place. An ignored signal stays
    ignored.

    Attributes:
        received: Whether it came, in whatever exception it surfaced.
    """

    def __init__(self) -> None:
        self.received = False

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Watch for it."""
        if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
            yield
            return
        signal.signal(signal.SIGINT, self._stop)
        try:
            yield
        finally:
            if not self.received:
                signal.signal(signal.SIGINT, signal.default_int_handler)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.received = True
        signal.signal(number, signal.SIG_DFL)
        if _imports(frame):
            # A library that is half imported turns the exception into another, or loses it.
            with contextlib.suppress(OSError):
                # On a terminal below the word that is shown meanwhile, and the ``^C``.
                os.write(2, b"\n" * os.isatty(2) + f"error: {STOPPED}\n".encode())
            os._exit(128 + number)
        raise KeyboardInterrupt


def _imports(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            return True
        frame = frame.f_back
    return False
