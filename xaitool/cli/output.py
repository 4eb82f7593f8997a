"""The only place that prints: data on standard output, everything else on standard error."""

from __future__ import annotations

import contextlib
import json
import math
import os
import sys
import textwrap
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TextIO

from xaitool.cli.tables.cells import cell
from xaitool.cli.tables.one_line import one_line
from xaitool.cli.tables.page import Page
from xaitool.errors import XaitoolError
from xaitool.workflows.runs.progress import SilentTask, Task

if TYPE_CHECKING:
    from xaitool.options import Options

# Of the 256 terminal colours those nearest to Okabe and Ito's blue and vermilion, which can be told
# apart with any colour vision and read on black and on white.
POSITIVE, NEGATIVE = 167, 32


# Columns below which lines may wrap.
NARROWEST = 60


class Output:
    """Speaks for one command; also the `Reporter` that workflows talk to.

    Args:
        as_json: Print results as JSON Lines.
        quiet: Drop progress and messages; warnings and errors stay.
        log_every: Seconds between two heartbeat lines where standard error is no terminal.
        data: Where data goes; None: to standard output.
    """

    def __init__(
        self,
        *,
        as_json: bool = False,
        quiet: bool = False,
        log_every: float = 30.0,
        data: TextIO | None = None,
    ) -> None:
        self.as_json = as_json
        self.quiet = quiet
        self.log_every = log_every
        self._data = data

    @property
    def data(self) -> TextIO:
        """Where data goes."""
        return self._data or sys.stdout

    def line(self, text: object) -> None:
        """One line of data."""
        print(text, file=self.data, flush=True)

    def lines(self, texts: Iterable[str]) -> None:
        """Lines of data."""
        for text in texts:
            self.line(text)

    def record(self, values: Mapping[str, Any]) -> None:
        """One JSON line of data; a number that is not finite becomes null."""
        # In ASCII: a file name need not be valid text, nor the terminal able to show it.
        self.line(json.dumps(_finite(values)))

    def table(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Rows for programs: JSON Lines, or tab-separated under the names of all columns."""
        if self.as_json:
            for row in rows:
                self.record(row)
        elif rows := list(rows):
            names = list(dict.fromkeys(name for row in rows for name in row))
            self.line("\t".join(names))
            for row in rows:
                self.line("\t".join(cell(row.get(name)) for name in names))

    def stream(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """As `table`, for rows of the same columns that are too many to keep: each as it comes."""
        if self.as_json:
            self.table(rows)
            return
        for number, row in enumerate(rows):
            if number == 0:
                self.line("\t".join(row))
            self.line("\t".join(map(cell, row.values())))

    def plan(self, plan: Mapping[str, Any], config: Options) -> None:
        """What a dry run with these options found: lines on a terminal, else JSON."""
        if self.draws:
            from xaitool.cli.help.plan import plan_lines

            self.lines(plan_lines(plan, config, self.width))
        else:
            self.record(plan)

    @property
    def draws(self) -> bool:
        """Whether a person reads the results, so that bars say more than columns."""
        return is_terminal(self.data) and not self.as_json

    @property
    def width(self) -> int:
        """Columns of the terminal, but enough for a table."""
        return _columns(self.data)

    @property
    def page(self) -> Page:
        """What tables are laid out for."""
        return Page(self.width, ascii=not self.can_show("±·"))

    def can_show(self, text: str) -> bool:
        """Whether standard output has these characters."""
        try:
            text.encode(self.data.encoding or "ascii")
        except UnicodeEncodeError:
            return False
        return True

    def paint(self, text: str, positive: bool) -> str:
        """Text in the colour of its sign, on a terminal that is not told to do without."""
        if not self.draws or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
            return text
        return f"\x1b[38;5;{POSITIVE if positive else NEGATIVE}m{text}\x1b[0m"

    def message(self, text: str) -> None:
        """Something worth knowing."""
        if not self.quiet:
            self._say(text)

    def note(self, text: str) -> None:
        """What was found out and taken, which a person may want to check."""
        self.message(f"note: {text}")

    def warning(self, text: str) -> None:
        """Something that may be wrong."""
        self._say(f"warning: {text}")

    def error(self, error: XaitoolError) -> None:
        """One line, and one for the hint."""
        self._say(f"error: {error}")
        if error.hint:
            self._say(f"hint: {error.hint}")

    @contextlib.contextmanager
    def loading(self) -> Iterator[None]:
        """A word on a terminal while what computes is imported, half a minute on a busy machine."""
        if self.quiet or "torch" in sys.modules or not is_terminal(sys.stderr):
            yield
            return
        word = "loading torch ..."
        print(word, end="", file=sys.stderr, flush=True)
        try:
            yield
        finally:
            print(f"\r{' ' * len(word)}\r", end="", file=sys.stderr, flush=True)

    def task(self, name: str, total: int, unit: str, done: int = 0) -> Task:
        """A bar on a terminal, a heartbeat line otherwise, nothing when quiet."""
        if self.quiet:
            return SilentTask()
        if is_terminal(sys.stderr) and not self.as_json:
            from xaitool.cli.progress_bar import ProgressBar

            return ProgressBar(name, total, unit, done)
        return Heartbeat(self, name, total, unit, done)

    def _say(self, text: str) -> None:
        """One line; on a terminal broken at spaces, so that no word is."""
        text = one_line(text)
        if is_terminal(sys.stderr):
            width = _columns(sys.stderr)
            text = textwrap.fill(text, width, break_long_words=False, break_on_hyphens=False)
        print(text, file=sys.stderr, flush=True)


class Heartbeat:
    """A ``key=value`` line now and then, for logs."""

    def __init__(self, output: Output, name: str, total: int, unit: str, done: int) -> None:
        self._output = output
        self._name, self._total, self._unit = name, total, unit
        self._done = self._first = done
        self._start = self._last = time.monotonic()

    def __enter__(self) -> Heartbeat:
        """Begin."""
        return self

    def __exit__(self, *error: object) -> None:
        """End."""

    def advance(self, steps: int = 1, **values: object) -> None:
        """Count, and speak when enough time has passed."""
        self._done += steps
        now = time.monotonic()
        if now - self._last < self._output.log_every:
            return
        self._last = now
        seconds_each = (now - self._start) / max(1, self._done - self._first)
        eta = time.strftime("%H:%M:%S", time.gmtime(seconds_each * (self._total - self._done)))
        shown = "".join(f" {name}={cell(value)}" for name, value in values.items())
        progress = f"{self._name} {self._unit}={self._done}/{self._total}"
        self._output.message(f"{progress}{shown} {self._unit}/s={1 / seconds_each:.3g} eta={eta}")


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a person reads this stream; it is None where the caller closed it."""
    return stream is not None and stream.isatty()


def _columns(terminal: TextIO) -> int:
    try:
        known = int(os.environ.get("COLUMNS", "0"))
        known = known or os.get_terminal_size(terminal.fileno()).columns
    except (OSError, ValueError):
        known = 0
    # Some terminals say 0, which means that nobody knows.
    return max(known or 80, NARROWEST)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return value
