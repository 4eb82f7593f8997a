"""Logs are kept up with a run's ``metrics.jsonl``, and never stop the run."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self, TypedDict

from xaitool import registry
from xaitool.errors import ConfigError
from xaitool.io.atomic import write_json
from xaitool.io.jsonl import MetricsLog
from xaitool.io.plain import Count
from xaitool.workflows.runs.directory import RunDirectory, read_json
from xaitool.workflows.runs.logs.base import LoggedRun, RunLog
from xaitool.workflows.runs.progress import Reporter


class SavedLog(TypedDict):
    """What ``logs.json`` says of a log: by which id it knows the run, and its last step."""

    id: str | None
    step: Count


class Moment(NamedTuple):
    """What belongs to a step, as `RunLog.write` takes it."""

    step: int
    figures: Mapping[str, float]
    pictures: Mapping[str, Path]


def check_logs(names: Sequence[str]) -> None:
    """Refuse logs whose libraries are not installed, before any work.

    Raises:
        ConfigError: One is not.
    """
    for name in names:
        library = registry.load("log", name).library
        found = find_spec(library)
        # A folder of that name, such as the one that wandb itself leaves, is no library.
        if found is None or found.origin is None:
            raise ConfigError(
                f"--log is {name}, but the library {library} is not installed",
                hint=f"pip install {library}",
            )


def are_behind(names: Sequence[str], run: Path) -> bool:
    """Whether one of these logs lacks something that a run has: it is new, or was given up.

    Raises:
        ArtifactError: ``logs.json`` or ``metrics.jsonl`` is damaged.
    """
    path = run / "logs.json"
    saved = read_json(path, dict[str, SavedLog]) if names and path.exists() else {}
    last = (MetricsLog(run / "metrics.jsonl").read() or [{}])[-1]
    done = last.get("step", last.get("epoch", 0))
    return any(name not in saved or saved[name]["step"] < done for name in names)


class RunLogs:
    """The logs of a run; a context manager.

    They are told what ``metrics.jsonl`` holds and they do not have yet, so that a log that was
    killed, failed, or was not asked for at the run's start has all in the end. A log that fails is
    given up with a warning.

    Args:
        names: Of the logs.
        directory: The run; it has its ``config.json``.
        reporter: Hears where to look, and what failed.
    """

    def __init__(self, names: Sequence[str], directory: RunDirectory, reporter: Reporter) -> None:
        self._names = tuple(dict.fromkeys(names))
        self._directory = directory
        self._reporter = reporter
        self._path = directory.path / "logs.json"
        self._saved: dict[str, Any] = {}
        self._logs: dict[str, RunLog] = {}

    def __enter__(self) -> Self:
        """Open the logs.

        Raises:
            ArtifactError: ``logs.json`` is damaged.
        """
        if self._names and self._path.exists():
            self._saved = read_json(self._path, dict[str, SavedLog])
        for name in self._names:
            with self._given_up_where_it_fails(name):
                self._open(name)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self.follow(curves=True)
        for name in tuple(self._logs):
            with self._given_up_where_it_fails(name):
                self._logs[name].close(error is None)

    def follow(self, *, curves: bool = False) -> None:
        """Tell the logs what they do not have yet.

        Args:
            curves: With the last epoch, the run's curves.
        """
        for name, log in tuple(self._logs.items()):
            with self._given_up_where_it_fails(name):
                self._bring_up(name, log, curves)

    def _bring_up(self, name: str, log: RunLog, curves: bool) -> None:
        try:
            for moment in _moments(self._directory, curves=curves):
                if moment.step > log.step:
                    log.write(*moment)
                    log.step = moment.step
        finally:
            self._keep(name, log)

    def _open(self, name: str) -> None:
        saved = self._saved.get(name, {"id": None, "step": 0})
        config = self._directory.read_config()
        done = max((moment.step for moment in _moments(self._directory)), default=0)
        run = LoggedRun(
            self._directory.path,
            config["command"],
            config["options"],
            saved["id"],
            # A run may go on from before what was logged, as from a copy of its checkpoint.
            min(saved["step"], done),
        )
        self._logs[name] = log = registry.load("log", name)(run)
        self._keep(name, log)
        self._reporter.message(f"log: {log.place}")

    def _keep(self, name: str, log: RunLog) -> None:
        """Remember how far a log is."""
        saved: SavedLog = {"id": log.id, "step": log.step}
        if self._saved.get(name) != saved:
            self._saved[name] = saved
            write_json(self._path, self._saved)

    @contextlib.contextmanager
    def _given_up_where_it_fails(self, name: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            self._reporter.warning(f"--log {name} ends here, the run goes on: {reason}")
            if log := self._logs.pop(name, None):
                with contextlib.suppress(Exception):
                    log.close(False)


def _moments(directory: RunDirectory, *, curves: bool = False) -> Iterator[Moment]:
    """All that a run has so far, step by step; curves belong to the last."""
    entries = directory.metrics.read()
    for number, entry in enumerate(entries, start=1):
        epoch = f"epoch-{entry['epoch']:04d}"
        for path in sorted(directory.samples.glob(f"{epoch}-step-*.png")):
            yield Moment(int(path.stem.rpartition("-")[2]), {}, {"samples": path})
        pictures = {"samples": directory.samples / f"{epoch}.png"}
        if curves and number == len(entries):
            pictures |= {f"plots/{path.stem}": path for path in directory.plots.glob("*.png")}
        drawn = {name: path for name, path in pictures.items() if path.exists()}
        yield Moment(entry.get("step", entry["epoch"]), dict(_figures(entry)), drawn)


def _figures(entry: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """The numbers of a line, of its tables too, but for the step."""
    for name, value in entry.items():
        if isinstance(value, dict):
            yield from ((f"{name}/{part}", number) for part, number in _figures(value))
        elif isinstance(value, int | float) and name != "step":
            yield name, value
