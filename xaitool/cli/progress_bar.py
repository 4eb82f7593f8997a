"""A live bar on a terminal; apart, because rich is imported only where one is shown."""

from __future__ import annotations

import time
from typing import ClassVar

from rich.cells import cell_len
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TextColumn,
)
from rich.text import Text

from xaitool.cli.tables.names import clipped
from xaitool.cli.tables.numbers import shown

MOST_FIGURES = 5


class ProgressBar:
    """One bar on standard error that vanishes when it is done.

    It moves also while a step lasts, and is one line at any width: figures that do not fit are left
    out. Of work within work the outer bar alone is seen.
    """

    seen: ClassVar[ProgressBar | None] = None

    def __init__(self, name: str, total: int, unit: str, done: int) -> None:
        console = Console(stderr=True, highlight=False, markup=False, emoji=False)
        name = clipped(name, console.width // 4)
        others = [1, cell_len(name), 2 * len(str(total)) + 1, len(unit), TimeLeft.WIDTH]
        room = console.width - sum(others) - len(others)
        bar = min(console.width // 6, room - len("elapsed"))
        self._room = room - bar - 1
        # ASCII signs, which every terminal has.
        self._progress = Progress(
            SpinnerColumn("line"),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar),
            MofNCompleteColumn(),
            TextColumn(unit, markup=False),
            TimeLeft(),
            TextColumn("{task.fields[told]}", markup=False),
            console=console,
            transient=True,
        )
        self._told = 0.0
        self._first = done
        self._task = self._progress.add_task(
            name, total=total, completed=done, told="", each=None, at=0.0
        )

    def __enter__(self) -> ProgressBar:
        """Show it, unless another is seen."""
        if ProgressBar.seen is None:
            ProgressBar.seen = self
            self._progress.start()
        return self

    def __exit__(self, *error: object) -> None:
        """Take it away."""
        if ProgressBar.seen is self:
            ProgressBar.seen = None
            self._progress.stop()

    def advance(self, steps: int = 1, **values: object) -> None:
        """Move it on; the values are read as often as an eye can follow, and the last."""
        task = self._progress.tasks[0]
        at = task.elapsed or 0.0
        done = task.completed + steps - self._first
        self._progress.update(self._task, advance=steps, at=at, each=at / done if done else None)
        if task.finished or time.monotonic() - self._told > 0.25:
            self._told = time.monotonic()
            self._progress.update(self._task, told=_figures(values, self._room))


class TimeLeft(ProgressColumn):
    """Time left, from the mean of the steps so far; before the first one is done, time elapsed."""

    WIDTH = len("0:00:00 left")

    def render(self, task: Task) -> Text:
        """As ``0:01:30 left``."""
        elapsed, each = task.elapsed or 0.0, task.fields["each"]
        if each is None:
            return Text(f"{_clock(elapsed)} elapsed")
        left = each * (task.remaining or 0.0) - (elapsed - task.fields["at"])
        return Text(f"{_clock(max(0.0, left))} left")


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


def _figures(values: dict[str, object], room: int) -> str:
    """Those that say most, as many as fit: the epoch, losses, then the others in their order."""
    told: list[str] = []
    for name in sorted(values, key=lambda name: (name != "epoch", not name.startswith("loss"))):
        figure = f"{name}={shown(values[name])}"
        fits = cell_len(" ".join([*told, figure])) <= room
        if fits and len(told) < MOST_FIGURES and not name.endswith("seconds"):
            told.append(figure)
    return " ".join(told)
