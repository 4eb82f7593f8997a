"""Where a training goes: a new run directory, or one that is continued."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from xaitool.errors import ConfigError
from xaitool.io.checkpoints import load_checkpoint
from xaitool.io.damage import damage_as_error
from xaitool.io.folders import check_name
from xaitool.io.plain import Option
from xaitool.io.provenance import environment
from xaitool.options import present_names
from xaitool.options.command_text import code_text
from xaitool.options.unread import refuse_unread
from xaitool.workflows.configs.common import RunOptions, TrainingRunOptions
from xaitool.workflows.runs.directory import (
    RunDirectory,
    check_free,
    check_resumable,
    compare_config,
    default_run_path,
)
from xaitool.workflows.runs.run_logs import check_logs
from xaitool.workflows.runs.runtime import Runtime


class SavedOptions(TypedDict):
    """What of a run's checkpoint is compared before its options are believed."""

    config: dict[str, Option]


@dataclass(frozen=True)
class RunPlace:
    """Where a training goes; nothing is written before `open`.

    Attributes:
        command: The command's name.
        runtime: Where it computes.
        path: The run directory.
        resumes: Whether it continues what lies there.
        overwrite: Whether it replaces what lies there.
        leftovers: Whether it replaces what a run of the command left that was stopped before its
            first checkpoint.
        repeats: The run that ``--resume auto`` continues, with nothing of its options.
    """

    command: str
    runtime: Runtime
    path: Path
    resumes: bool
    overwrite: bool
    leftovers: bool = False
    repeats: Path | None = None

    def open(self, config: RunOptions) -> RunDirectory:
        """Create or reopen the directory and write what is being run, and where."""
        if self.resumes:
            directory = RunDirectory.resume(self.path)
        else:
            directory = RunDirectory.create(
                self.path,
                overwrite=self.overwrite,
                leftovers_of=self.command if self.leftovers else None,
                command=self.command,
            )
        options = config.to_dict("experiment", "run")
        directory.write_config({"command": self.command, "schema": 1, "options": options})
        directory.write_environment(environment(self.runtime.device, self.runtime.device_name))
        return directory

    def check_code(self, config: RunOptions, kind: str) -> None:
        """Refuse to resume as another experiment before code that the options name is imported.

        Args:
            config: The options.
            kind: The checkpoint's kind.

        Raises:
            ConfigError: The run's options are others.
            ArtifactError: The checkpoint is damaged, or of another kind.
        """
        if self.resumes and code_text(config):
            path = self.path / "last.pt"
            checkpoint = load_checkpoint(path, kind=kind, schema=SavedOptions)
            with damage_as_error(path):
                saved = present_names(type(config), checkpoint["config"])
                saved.pop("epochs", None)  # where the first checkpoints have it
                compare_config(saved, config.to_dict("experiment"), self.repeats)


def open_run(config: TrainingRunOptions, command: str, label: str, runtime: Runtime) -> RunPlace:
    """Decide where a training goes, and refuse early what cannot be.

    Args:
        config: The command's options.
        command: The command's name.
        label: Part of the default directory's name.
        runtime: Where it computes.

    Raises:
        ConfigError: ``--out`` is not empty, ``--resume`` contradicts another option, nothing reads
            an option that is given, or the library of a log is not installed.
        ArtifactError: There is no checkpoint to resume.
    """
    check_logs(config.log)
    if config.resume == "auto":
        if config.out is None:
            raise ConfigError("--resume auto has no directory, but --out is wanted with it")
        check_name(config.out / "last.pt")
        if (config.out / "last.pt").is_file():
            check_resumable(config.out)
            return RunPlace(command, runtime, config.out, True, False, repeats=config.out)
    elif config.resume is not None:
        path = Path(config.resume)
        if config.out not in (None, path):
            raise ConfigError(f"--resume {path} continues there, but --out names {config.out}")
        check_resumable(path, command)
        return RunPlace(command, runtime, path, resumes=True, overwrite=False)
    # Not of a run that goes on, which has the options that it began with.
    refuse_unread(config)
    out = config.out or default_run_path(command, label, config.seed)
    leftovers = config.resume == "auto"
    check_free(
        out,
        overwrite=config.overwrite,
        leftovers_of=command if leftovers else None,
        command=command,
    )
    return RunPlace(command, runtime, out, False, config.overwrite, leftovers)
