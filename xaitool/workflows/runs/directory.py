"""A run's folder: who may write it, what lies in it, and how the run ended."""

from __future__ import annotations

import contextlib
import re
import signal
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from shlex import quote
from types import TracebackType
from typing import Any, Literal, Self, TypedDict

from xaitool.errors import ArtifactError, ConfigError, DivergenceError, StoppedBySignal
from xaitool.io.atomic import remove_partials, write_json
from xaitool.io.folders import (
    check_file,
    check_folder,
    check_name,
    check_out_folder,
    check_writable,
    make_folder,
    remove_files,
)
from xaitool.io.jsonl import MetricsLog
from xaitool.io.lock import Lock, locked
from xaitool.io.plain import Count, Option, checked, read_plain

State = Literal["running", "completed", "interrupted", "failed", "diverged"]

# All that a run writes, and so all that `overwrite` removes, beside the pictures in its folders.
FILES = (
    "config.json",
    "environment.json",
    "status.json",
    "metrics.jsonl",
    "logs.json",
    "error.log",
    "last.pt",
    "best.pt",
    "diverged.pt",
)
FOLDERS = ("samples", "plots")
PARTIAL = r"\..+\.[0-9]+\.partial"
EVENTS = r"events\.out\.tfevents\.[0-9]+"
RUN_FILE = re.compile("|".join((*map(re.escape, FILES), EVENTS, PARTIAL)))
RUN_RESULT = re.compile(rf"(?!config\.json|status\.json)(?:{RUN_FILE.pattern})")
RUN_PICTURE = re.compile(rf".+\.png|{PARTIAL}")
LOCK = ".lock"


class Status(TypedDict, total=False):
    """What of ``status.json`` is read again."""

    state: str
    epoch: Count
    step: Count


class SavedConfig(TypedDict, total=False):
    """``config.json``: which command ran, with which options."""

    command: str
    schema: int
    options: dict[str, Option]


class RunDirectory:
    """The folder of one run, locked for one writer; a context manager, from `create` or `resume`.

    Leaving the ``with`` block gives the lock back and writes how the run ended: ``completed``,
    ``interrupted`` after a signal, ``diverged``, or ``failed`` with the error.

    Attributes:
        path: The folder.
        metrics: Its ``metrics.jsonl``.
    """

    def __init__(self, path: Path, lock: Lock) -> None:
        self.path = path
        self.metrics = MetricsLog(path / "metrics.jsonl")
        self._lock = lock
        remove_partials(path.resolve())
        for folder in (self.samples, self.plots):
            make_folder(folder)
            remove_partials(folder)
        before = read_json(self._status, Status) if self._status.exists() else {}
        self._place = {"epoch": before.get("epoch", 0), "step": before.get("step", 0)}

    @classmethod
    def create(
        cls,
        out: Path,
        *,
        overwrite: bool = False,
        leftovers_of: str | None = None,
        command: str | None = None,
    ) -> Self:
        """Start a run in a folder that is absent or empty.

        Args:
            out: The folder, used exactly as given; may be a link to one.
            overwrite: Remove what an earlier run wrote there.
            leftovers_of: Remove what a run of this command wrote there that was stopped before its
                first ``last.pt``.
            command: The command that asks; None: one that cannot ``--resume``.

        Raises:
            ConfigError: It is no folder, is not empty, holds files that no run writes, a link or
                something else in place of a run's own, cannot be written, or another process is
                writing it.
        """
        check = partial(check_free, out, overwrite=overwrite, leftovers_of=leftovers_of)
        check(command=command)
        _make_folder(out)
        with locked(out / LOCK) as lock:
            # Once more, now that nobody else can write.
            check(command=command)
            # Last what says whose the rest is, for the case that this process is killed here.
            remove_files(out.resolve(), RUN_RESULT)
            for name in FOLDERS:
                remove_files(out / name, RUN_PICTURE)
            remove_files(out.resolve(), RUN_FILE)
            return cls(out, lock)

    @classmethod
    def resume(cls, out: Path) -> Self:
        """Continue the run in a folder.

        Raises:
            ArtifactError: It has no ``last.pt``.
            ConfigError: Another process is writing it, or something else is in place of a file or
                folder of the run.
        """
        check_resumable(out)
        with locked(out / LOCK) as lock:
            return cls(out, lock)

    @property
    def last(self) -> Path:
        """The newest checkpoint, from which `resume` continues."""
        return self.path / "last.pt"

    @property
    def best(self) -> Path:
        """The checkpoint that was best on held-out data."""
        return self.path / "best.pt"

    @property
    def samples(self) -> Path:
        """The folder of sample grids."""
        return self.path / "samples"

    @property
    def plots(self) -> Path:
        """The folder of curves."""
        return self.path / "plots"

    def write_config(self, config: Mapping[str, Any]) -> None:
        """Write ``config.json``."""
        write_json(self.path / "config.json", dict(config))

    def read_config(self) -> dict[str, Any]:
        """Read ``config.json``.

        Raises:
            ArtifactError: It is absent or damaged.
        """
        return read_json(self.path / "config.json", SavedConfig)

    def write_environment(self, environment: Mapping[str, Any]) -> None:
        """Write ``environment.json``."""
        write_json(self.path / "environment.json", dict(environment))

    def write_progress(self, epoch: int, step: int) -> None:
        """Say in ``status.json`` that the run lives and how far it is."""
        self._place = {"epoch": epoch, "step": step}
        self._write_status("running")

    def __enter__(self) -> Self:
        self._write_status("running")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            # A full disk may be what ended the run; it must not hide the error.
            with contextlib.suppress(*(() if error is None else (OSError,))):
                self._write_status(_state(error), error)
        finally:
            self._lock.release()

    @property
    def _status(self) -> Path:
        return self.path / "status.json"

    def _write_status(self, state: State, error: BaseException | None = None) -> None:
        failed = state in ("failed", "diverged")
        status = {
            "state": state,
            **self._place,
            "signal": _signal_name(error),
            "error": (str(error) or type(error).__name__) if failed else None,
            "updated": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        write_json(self._status, status)


def check_free(
    out: Path,
    *,
    overwrite: bool,
    leftovers_of: str | None = None,
    command: str | None = None,
) -> None:
    """Refuse a folder that `RunDirectory.create` would refuse, before long work; writes nothing.

    A hint proposes what will not be refused in its turn.

    Raises:
        ConfigError: It is no folder, cannot be written, is not empty, holds files that no run
            writes, or something else in place of a run's own.
    """
    _check_kinds(out)
    check_writable(out)
    if not out.exists() or all(entry.name == LOCK for entry in out.iterdir()):
        return
    foreign = next(_foreign(out), None)
    if not _may_replace(out, overwrite, leftovers_of):
        ways = [f"continue it with xaitool {command} --resume {quote(str(out))}"]
        ways *= command is not None and _is_unfinished(out, command)
        ways += ["name another --out"] if foreign else ["replace it with --overwrite"]
        raise ConfigError(
            f"{out} is not empty, but a new run needs an empty folder", hint=", or ".join(ways)
        )
    if foreign:
        raise ConfigError(
            f"{out} holds {foreign.relative_to(out)}, but only a run's own files are replaced",
            hint=f"move {foreign} away, or name another --out",
        )


def check_resumable(out: Path, command: str | None = None) -> None:
    """Refuse a folder that `RunDirectory.resume` would refuse; writes nothing.

    Raises:
        ArtifactError: It has no ``last.pt``.
        ConfigError: Something else is in place of a file or folder of the run.
    """
    if not (out / "last.pt").is_file():
        found = (
            "has no last.pt" if out.is_dir() else "is a file" if out.exists() else "does not exist"
        )
        raise ArtifactError(
            f"{out} {found}, but --resume continues from {out / 'last.pt'}",
            hint=f"--resume auto --out {quote(str(out))} starts where there is none"
            if _can_start(out, command)
            else None,
        )
    _check_kinds(out)


def _can_start(out: Path, command: str | None) -> bool:
    """Whether ``--resume auto`` of the command would start a run there."""
    try:
        check_free(out, overwrite=False, leftovers_of=command)
    except ConfigError:
        return False
    return True


def _is_unfinished(out: Path, command: str) -> bool:
    """Whether ``--resume`` of the command would continue the run there."""
    owner = _json_or_nothing(out / "config.json", SavedConfig).get("command")
    return (out / "last.pt").is_file() and owner in (None, command) and not is_completed(out)


def is_completed(out: Path) -> bool:
    """Whether the run in a folder says that it came to its end."""
    return bool(_json_or_nothing(out / "status.json", Status).get("state") == "completed")


def default_run_path(command: str, label: str, seed: int, *, now: datetime | None = None) -> Path:
    """Where a run goes without ``--out``: ``runs/COMMAND/TIME-LABEL-seedN``, time in UTC."""
    time = (now or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H%M%SZ")
    return Path("runs") / command / f"{time}-{label}-seed{seed}"


def compare_config(
    saved: Mapping[str, Any], current: Mapping[str, Any], repeats: Path | None = None
) -> None:
    """Refuse to continue a run as another experiment.

    Args:
        saved: Of the run, from ``config.json``; only keys that must be equal.
        current: Of this command, the same keys, as plain JSON values.
        repeats: The run, where nothing is taken from it that is not given.

    Raises:
        ConfigError: Some differ; the message lists all of them.
    """
    differing = [
        f"--{name.replace('_', '-')} is {current.get(name)!r}, but the run has {saved.get(name)!r}"
        for name in {**saved, **current}
        if saved.get(name) != current.get(name)
    ]
    if differing:
        kept = f" (--resume {quote(str(repeats))} does for what is not given)" if repeats else ""
        hint = f"give the run's values{kept}, or start a new run elsewhere, without --resume"
        raise ConfigError("; ".join(differing), hint=hint)


def read_json(path: Path, schema: type[Any] = dict) -> dict[str, Any]:
    """Read a JSON object.

    Args:
        path: The file.
        schema: What it has to be, as `plain.checked` reads it.

    Raises:
        ArtifactError: The file is absent, damaged, or holds something else.
    """
    value: dict[str, Any] = checked(read_plain(path), schema, str(path))
    return value


def _state(error: BaseException | None) -> State:
    if error is None:
        return "completed"
    if isinstance(error, StoppedBySignal | KeyboardInterrupt):
        return "interrupted"
    return "diverged" if isinstance(error, DivergenceError) else "failed"


def _signal_name(error: BaseException | None) -> str | None:
    if isinstance(error, StoppedBySignal):
        return signal.Signals(error.signal_number).name
    return "SIGINT" if isinstance(error, KeyboardInterrupt) else None


def _check_kinds(out: Path) -> None:
    check_name(out / FOLDERS[0] / "epoch-0001-step-00001.png")
    check_out_folder(out)
    for name in FILES:
        check_file(out / name)
    for name in FOLDERS:
        check_folder(out / name)


def _may_replace(out: Path, overwrite: bool, leftovers_of: str | None) -> bool:
    """Whether what lies there may go."""
    if leftovers_of is None:
        return overwrite
    if (out / "last.pt").exists():  # somebody made it meanwhile, or it would be continued
        return False
    return overwrite or _is_leftover(out, leftovers_of)


def _is_leftover(out: Path, command: str) -> bool:
    """Whether a run of the command left this that was stopped before its first ``last.pt``.

    Checkpoints without a ``config.json``, which is written before them, are somebody's copies; a
    run that was completed lacks its ``last.pt`` because somebody removed it.
    """
    owner = _json_or_nothing(out / "config.json", SavedConfig).get("command")
    if owner is None and any(out.glob("*.pt")):
        return False
    return owner in (None, command) and not is_completed(out)


def _json_or_nothing(path: Path, schema: type[Any]) -> dict[str, Any]:
    """What a JSON file holds; nothing where it is absent or damaged."""
    with contextlib.suppress(ArtifactError):
        return read_json(path, schema)
    return {}


def _foreign(out: Path) -> Iterator[Path]:
    """What no run writes there, links to folders too; empty folders stay and do no harm."""
    known_names = {out: RUN_FILE} | {out / name: RUN_PICTURE for name in FOLDERS}
    for path in out.rglob("*"):
        known = path.parent in known_names and known_names[path.parent].fullmatch(path.name)
        is_folder = path.is_dir() and not path.is_symlink()
        if not known and not is_folder and path != out / LOCK:
            yield path


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"--out {out} cannot be made ({error.strerror}), but a run needs it"
        ) from None
