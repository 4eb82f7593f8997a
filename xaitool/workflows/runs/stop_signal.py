"""A request to stop becomes a flag that the run looks at where its state is whole."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Self

from xaitool.errors import StoppedBySignal

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGHUP)


class StopSignal:
    """Watches SIGINT, SIGTERM, SIGUSR1 and SIGHUP inside a ``with`` block.

    The first signal is noted and said on stderr at once. The same signal again (but SIGHUP) stops
    the process with its default action; another one does not, because launchers pass Ctrl-C on as
    SIGTERM and schedulers follow their warning signal with SIGTERM while the state is still being
    saved. Nothing is saved inside the handler, where any lock may be held. Forked children ignore
    the signals, so that a signal to the whole group does not take the workers from a run that is
    still finishing its step. A signal that the caller ignores, as ``nohup`` does SIGHUP, stays
    ignored. Outside the main thread Python allows no handlers: nothing happens.

    Args:
        then: What the run does next, for the line on stderr.

    Attributes:
        received: The first signal, or None.
    """

    def __init__(self, then: str = "saving after this step") -> None:
        self._then = then
        self.received: signal.Signals | None = None
        self._previous: dict[signal.Signals, Any] = {}
        self._seen: set[int] = set()

    def __enter__(self) -> Self:
        self._owner = os.getpid()
        if threading.current_thread() is threading.main_thread():
            self._previous = {
                number: signal.signal(number, self._note)
                for number in SIGNALS
                if signal.getsignal(number) is not signal.SIG_IGN
            }
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._previous.items():
            # A handler that was not set from Python reads as None and cannot be set again.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        self._previous = {}

    def raise_if_received(self, *, hint: str | None = None) -> None:
        """Stop here if a signal asked for it; call it when the state is saved.

        Args:
            hint: How the run goes on later, such as ``xaitool train-gan --resume runs/a``.

        Raises:
            StoppedBySignal: A signal was received.
        """
        if self.received is not None:
            raise StoppedBySignal(
                self.received,
                f"the run was stopped by {self.received.name}, but its state is saved",
                hint=hint,
            )

    def _note(self, number: int, frame: FrameType | None) -> None:
        if os.getpid() != self._owner:
            return
        if number in self._seen:
            # A terminal that closes sends it twice: from its shell, and from the kernel.
            if number == signal.SIGHUP:
                return
            signal.signal(number, signal.SIG_DFL)
            os.kill(self._owner, number)
            return
        self._seen.add(number)
        received = signal.Signals(number)
        self.received = self.received or received
        again = "" if number == signal.SIGHUP else " (send again to stop now)"
        _say(f"{received.name} received; {self._then}{again}")


def _say(line: str) -> None:
    """Unbuffered: a print in a handler may meet itself in the middle of another print.

    On a terminal a line of its own, below a bar and the ``^C`` behind it.
    """
    with contextlib.suppress(OSError):
        os.write(2, b"\n" * os.isatty(2) + line.encode() + b"\n")
