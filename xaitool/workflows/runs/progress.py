"""How a workflow says what it does; the command line shows it, a library call stays silent."""

from __future__ import annotations

from typing import Protocol


class Task(Protocol):
    """A stretch of work with a known number of steps."""

    def __enter__(self) -> Task:
        """Begin."""

    def __exit__(self, *error: object) -> None:
        """End, also on an error."""

    def advance(self, steps: int = 1, **values: object) -> None:
        """Report that `steps` more are done, with the latest values worth showing."""


class Reporter(Protocol):
    """What a workflow may tell while it runs."""

    def message(self, text: str) -> None:
        """Something worth knowing."""

    def warning(self, text: str) -> None:
        """Something that may be wrong; never silenced."""

    def task(self, name: str, total: int, unit: str, done: int = 0) -> Task:
        """Start showing a stretch of `total` steps, `done` of which were done before."""


class SilentTask:
    """Shows nothing."""

    def __enter__(self) -> SilentTask:
        """Begin."""
        return self

    def __exit__(self, *error: object) -> None:
        """End."""

    def advance(self, steps: int = 1, **values: object) -> None:
        """Show nothing."""


class SilentReporter:
    """For use from Python: warnings become Python warnings, the rest is silent."""

    def message(self, text: str) -> None:
        """Say nothing."""

    def warning(self, text: str) -> None:
        """Warn as Python code does."""
        import warnings

        warnings.warn(text, stacklevel=3)

    def task(self, name: str, total: int, unit: str, done: int = 0) -> SilentTask:
        """Show nothing."""
        return SilentTask()
