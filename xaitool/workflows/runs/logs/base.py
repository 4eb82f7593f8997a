"""What every log keeps to."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar


@dataclass(frozen=True)
class LoggedRun:
    """What a log is told of the run that it follows.

    Attributes:
        folder: The run directory.
        command: Of the run, such as ``train-gan``.
        options: The command's, as plain values.
        id: By which the log has known the run since it was first opened; None: it is new there.
        step: The last that is in the log already; 0: none is.
    """

    folder: Path
    command: str
    options: Mapping[str, Any]
    id: str | None
    step: int


class RunLog(ABC):
    """A run's figures and pictures, in another program's form.

    Opened with a `LoggedRun`, it goes on after that run's step, so that no step is there twice.
    Whatever goes wrong is raised; `run_logs.RunLogs` sees to it that the run goes on.

    Attributes:
        library: The package that is imported when the log is opened.
        id: By which the program knows the run; None where the folder says it.
        step: The last that is there already.
        place: For people, where to look.
    """

    library: ClassVar[str]
    id: str | None
    step: int
    place: str

    @abstractmethod
    def __init__(self, run: LoggedRun) -> None:
        """Begin or go on."""

    @abstractmethod
    def write(self, step: int, figures: Mapping[str, float], pictures: Mapping[str, Path]) -> None:
        """Add what belongs to a step; on return it survives a kill.

        Args:
            step: Greater than those before.
            figures: By their names in ``metrics.jsonl``; of a table each part, ``table/part``.
            pictures: PNG files by their names.
        """

    @abstractmethod
    def close(self, completed: bool) -> None:
        """End; `completed` is False where the run was stopped or failed."""
