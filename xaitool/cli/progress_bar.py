"""A live bar on a terminal; apart, because rich is imported only where one is shown."""

from __future__ import annotations

import time

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from xaitool.cli.tables.cells import cell


class ProgressBar:
    """One bar on standard error that vanishes when it is done."""

    def __init__(self, name: str, total: int, unit: str, done: int) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn(unit),
            TimeRemainingColumn(),
            TextColumn("{task.fields[told]}"),
            console=Console(stderr=True, highlight=False, markup=False, emoji=False),
            transient=True,
        )
        self._task = self._progress.add_task(name, total=total, completed=done, told="")
        self._told = 0.0

    def __enter__(self) -> ProgressBar:
        """Show it."""
        self._progress.start()
        return self

    def __exit__(self, *error: object) -> None:
        """Take it away."""
        self._progress.stop()

    def advance(self, steps: int = 1, **values: object) -> None:
        """Move it on; the values are read only as often as an eye can follow."""
        self._progress.advance(self._task, steps)
        if time.monotonic() - self._told > 0.25:
            self._told = time.monotonic()
            told = " ".join(f"{name}={cell(value)}" for name, value in values.items())
            self._progress.update(self._task, told=told)
