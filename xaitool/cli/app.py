"""How the program starts and ends: what becomes of signals, streams and errors.

Light, so that Ctrl-C is a line from the first moment: all else is imported inside `main`.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import logging
import os
import signal
import sys
import warnings
from collections.abc import Iterator

from xaitool.cli.interruption import STOPPED, Interruption
from xaitool.errors import (
    DataWarning,
    InputError,
    ModelNote,
    ModelWarning,
    StoppedBySignal,
    XaitoolError,
    is_out_of_memory,
)

# What is wrong with a path that was given; all else that the system refuses failed on the way.
OF_THE_PATH = frozenset(
    {
        errno.ENAMETOOLONG,
        errno.ELOOP,
        errno.ENOENT,
        errno.ENOTDIR,
        errno.EISDIR,
        errno.EACCES,
        errno.EPERM,
        errno.EROFS,
    }
)

# Some libraries have a new text for every number.
MOST_WARNINGS = 20


def main() -> None:
    """Run the program and exit with its status."""
    if "_XAITOOL_COMPLETE" in os.environ:
        _complete()
    interruption = Interruption()
    with _no_collection(), interruption.watched():
        from xaitool.cli.output import Output
        from xaitool.cli.streams import standard_streams

        with standard_streams(), _library_warnings() as held_back:
            try:
                status = _run()
            except (Exception, KeyboardInterrupt) as error:
                if _debugging() and not _is_silent(error):
                    raise
                shown = _stopped() if interruption.received else _as_ours(error)
                if not _is_silent(shown):
                    Output().error(shown)
                status = shown.exit_code
            else:
                for text in held_back if status == 0 else ():
                    Output().warning(text)
    sys.exit(status)


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """The start leaves no garbage to look for; a command turns this on as it begins its work."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _complete() -> None:
    """Answer a shell's TAB and exit, without a word where that fails or is interrupted."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        import typer

        from xaitool.cli.output import Output
        from xaitool.cli.program import build_app
        from xaitool.cli.tab.answers import answer

        Output().lines(answer(os.environ, typer.main.get_command(build_app())))
    except Exception:
        if _debugging():
            raise
        sys.exit(1)
    sys.exit(0)


def _run() -> int:
    from xaitool.cli.program import build_app

    status = build_app()(standalone_mode=False)
    if status == 128 + signal.SIGINT:
        # That is what Typer makes of it.
        raise KeyboardInterrupt
    sys.stdout.flush()
    return status if isinstance(status, int) else 0


@contextlib.contextmanager
def _library_warnings() -> Iterator[dict[str, None]]:
    """Hold back what libraries warn of, which is no part of an error: told when all went well.

    What our own reading of data and models warns of is told at once, as hours of work may follow.
    """
    held_back: dict[str, None] = {}
    told: set[str] = set()

    def keep(message: Warning | str, category: type[Warning], *_: object) -> None:
        if issubclass(category, DataWarning | ModelWarning):
            from xaitool.cli.output import Output

            if str(message) not in told:
                told.add(str(message))
                note = issubclass(category, ModelNote)
                (Output().note if note else Output().warning)(str(message))
        elif len(held_back) < MOST_WARNINGS:
            held_back[" ".join(str(message).split())] = None

    if _debugging():
        yield held_back
        return
    # Read by torch when it is imported: what its own C++ code logs goes around Python.
    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")
    with warnings.catch_warnings():
        warnings.showwarning = keep  # type: ignore[assignment]
        warnings.simplefilter("default", DataWarning)
        warnings.simplefilter("default", ModelWarning)
        logging.disable(logging.WARNING)
        try:
            yield held_back
        finally:
            logging.disable(logging.NOTSET)


def _as_ours(error: BaseException) -> XaitoolError:
    """Any exception as one that has a line for people and an exit code."""
    import typer

    if isinstance(error, XaitoolError):
        return error
    if isinstance(error, KeyboardInterrupt):
        return _stopped()
    if isinstance(error, typer.exceptions.TyperException):
        from xaitool.cli.usage_errors import usage_error

        return usage_error(error)
    if isinstance(error, OSError):
        kind = InputError if error.filename and error.errno in OF_THE_PATH else XaitoolError
        return kind(_system_error(error))
    if is_out_of_memory(error):
        what = str(error).partition("\n")[0]
        return XaitoolError(f"the memory of this machine does not suffice ({what})")
    return XaitoolError(
        f"unexpected {type(error).__name__}: {' '.join(str(error).split())}",
        hint="XAITOOL_DEBUG=1 shows where; please report it",
    )


def _stopped() -> StoppedBySignal:
    return StoppedBySignal(signal.SIGINT, STOPPED)


def _is_silent(error: BaseException) -> bool:
    return isinstance(error, StoppedBySignal) and error.signal_number == signal.SIGPIPE


def _debugging() -> bool:
    return os.environ.get("XAITOOL_DEBUG") == "1"


def _system_error(error: OSError) -> str:
    place = f"{error.filename}: " if error.filename else ""
    return f"{place}{error.strerror or error}"
