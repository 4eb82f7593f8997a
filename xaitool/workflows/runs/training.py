"""The epoch loop that every training shares: order, seeds, checkpoints, signals, divergence."""

from __future__ import annotations

import dataclasses
import math
import time
from dataclasses import dataclass, field
from pathlib import Path
from shlex import quote
from typing import Any, ClassVar, NotRequired, Protocol, TypedDict

import torch
from torch import Tensor

from xaitool.errors import (
    ArtifactError,
    ConfigError,
    DataError,
    DivergenceError,
    XaitoolError,
    is_out_of_memory,
)
from xaitool.io.checkpoints import load_checkpoint, save_checkpoint
from xaitool.io.damage import damage_as_error
from xaitool.io.plain import Count, Finite, Positive
from xaitool.io.stored_weights import check_state
from xaitool.options import present_names
from xaitool.options.command_text import code_text
from xaitool.workflows.configs.common import TrainingRunOptions
from xaitool.workflows.runs.batches import batches, step_draws
from xaitool.workflows.runs.choice import Choice
from xaitool.workflows.runs.curves import Chart, write_curves
from xaitool.workflows.runs.directory import RunDirectory, compare_config, is_completed
from xaitool.workflows.runs.epoch_line import epoch_line, telling_metrics
from xaitool.workflows.runs.pictures import tell_pictures
from xaitool.workflows.runs.place import RunPlace, SavedOptions
from xaitool.workflows.runs.progress import Reporter
from xaitool.workflows.runs.run_logs import RunLogs, are_behind
from xaitool.workflows.runs.stop_signal import StopSignal


@dataclass(frozen=True)
class TrainingResult:
    """What a training leaves behind.

    Attributes:
        run_dir: The run directory.
        checkpoint: The checkpoint to use: the best one.
        step: Optimisation steps taken in all.
        state: ``completed``.
        metrics: The last epoch's.
    """

    run_dir: str
    checkpoint: str
    step: int
    state: str
    metrics: dict[str, Any]


class Trainer(Protocol):
    """What the loop drives; random draws come from the keys that the loop gives.

    Attributes:
        description: What the checkpoint says beside the state, as plain values: enough to rebuild
            the networks.
        charts: Pictures of curves, by name.
        planned_by: The option that plans the training over all its epochs from the first one on,
            such as ``--schedule cosine``, so that it cannot go on for more; None: none does.
    """

    description: dict[str, Any]
    planned_by: str | None
    charts: ClassVar[dict[str, Chart]]

    def prepare(self) -> None:
        """Make ready what takes long, before anything of the run is written."""

    def step(self, indices: Tensor, random: torch.Generator) -> dict[str, Tensor]:
        """One optimisation step on these samples; returns named means over the batch."""

    def finish_epoch(self, epoch: int, directory: RunDirectory) -> dict[str, Any]:
        """Judge the epoch (1-based), write its pictures, return its metrics."""

    def state_dict(self) -> dict[str, Any]:
        """Everything that training changes, as tensors and plain values."""

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore it."""


class SavedPosition(TypedDict):
    """A `Position` in a checkpoint."""

    epoch: Count
    step: Count
    samples: Count
    sums: dict[str, Finite]
    best: Finite | None


class SavedRun(SavedOptions):
    """What every training puts into its checkpoint; the state is of its trainer's form."""

    epochs: NotRequired[Positive]
    position: SavedPosition
    state: dict[str, Any]


@dataclass
class Position:
    """Where a training stands; saved in its checkpoint.

    Attributes:
        epoch: Epochs finished.
        step: Steps done in the unfinished epoch.
        samples: Samples seen in it.
        sums: Sums over these samples of what the steps returned.
        best: The best value so far of the metric that chooses ``best.pt``.
    """

    epoch: int = 0
    step: int = 0
    samples: int = 0
    sums: dict[str, float] = field(default_factory=dict)
    best: float | None = None


class TrainingRun:
    """Drives a trainer through its epochs.

    Args:
        config: The command's options.
        place: Where the run goes.
        epochs: How many epochs in all.
        batch_size: Samples in a step.
        samples: Size of the training set.
        kind: The checkpoint's kind.
        choice: Which epoch is best; None: the last one.
        trainer: What is driven.
        reporter: Told how it goes.
    """

    def __init__(
        self,
        config: TrainingRunOptions,
        place: RunPlace,
        *,
        epochs: int,
        batch_size: int,
        samples: int,
        kind: str,
        choice: Choice | None,
        trainer: Trainer,
        reporter: Reporter,
    ) -> None:
        self.config = config
        self.place = place
        self.epochs = epochs
        self.batch_size = batch_size
        self.samples = samples
        self.steps_per_epoch = math.ceil(samples / batch_size)
        self.kind = kind
        self.choice = choice
        self.trainer = trainer
        self.reporter = reporter
        self.position = Position()
        self._sums: dict[str, Tensor] = {}

    def start(self) -> TrainingResult | dict[str, Any]:
        """Train in a new or a resumed run directory; with ``dry_run`` return the plan instead.

        Raises:
            InputError: The run to resume does not fit.
            DivergenceError: A loss became NaN or infinite.
            StoppedBySignal: A signal came; the state was saved.
            XaitoolError: A step does not fit in memory.
        """
        if self.place.resumes:
            self._restore()
        if self.config.dry_run:
            return self._plan()
        self.place.runtime.announce(self.reporter)
        self.trainer.prepare()
        with StopSignal() as stop, self.place.open(self.config) as directory:
            if self.place.resumes:
                directory.metrics.truncate_after(self.position.epoch, self.steps)
                self.reporter.message(f"resuming {directory.path} after step {self.steps}")
            with RunLogs(self.config.log, directory, self.reporter) as logs:
                return self._run(directory, logs, stop)

    def _run(self, directory: RunDirectory, logs: RunLogs, stop: StopSignal) -> TrainingResult:
        metrics = (directory.metrics.read() or [{}])[-1]
        total = self.epochs * self.steps_per_epoch
        with self.reporter.task("train", total, "step", self.steps) as task:
            while self.position.epoch < self.epochs:
                logs.follow()
                started = time.perf_counter()
                for indices in self._remaining_batches():
                    values = self._step(indices)
                    task.advance(1, epoch=self.position.epoch + 1, **values)
                    if stop.received:
                        self._stop(directory, stop)
                metrics = self._finish_epoch(directory, started)
        write_curves(directory, self.trainer.charts, self.config.figure_format)
        tell_pictures(directory, self.reporter)
        return TrainingResult(
            str(directory.path), str(directory.best), self.steps, "completed", metrics
        )

    def _restore(self) -> None:
        path = self.place.path / "last.pt"
        checkpoint = load_checkpoint(path, kind=self.kind, schema=SavedRun)
        with damage_as_error(path):
            self._take(checkpoint, f"checkpoint {path}")

    def _take(self, checkpoint: dict[str, Any], where: str) -> None:
        saved = present_names(type(self.config), checkpoint["config"])
        # Where the first checkpoints have it.
        planned = checkpoint.get("epochs", saved.pop("epochs", None))
        compare_config(saved, self.config.to_dict("experiment"), self.place.repeats)
        self._check_epochs(checkpoint["position"]["epoch"], planned)
        given = (
            ("dataset_digest", "images"),
            ("classifier_sha256", "classifier's weights"),
            ("cvae_sha256", "CVAE's weights"),
        )
        for key, what in given:
            if checkpoint.get(key) != self.trainer.description.get(key):
                raise DataError(
                    f"the {what} of run {self.place.path} have changed, but the same are wanted"
                )
        self.position = Position(**checkpoint["position"])
        self._check_position(where)
        check_state(checkpoint["state"], self.trainer.state_dict(), where)
        self.trainer.load_state_dict(checkpoint["state"])
        self._sums = {
            name: torch.tensor(value, dtype=torch.float64)
            for name, value in self.position.sums.items()
        }

    def _check_position(self, where: str) -> None:
        """Refuse a place inside an epoch that no training comes to."""
        at = self.position
        seen = min(at.step * self.batch_size, self.samples)
        if at.step > self.steps_per_epoch or at.samples != seen or bool(at.sums) != bool(at.step):
            raise ArtifactError(
                f"{where} has {at.samples} samples in {at.step} steps of an epoch, but {seen} in "
                f"at most {self.steps_per_epoch} are wanted"
            )

    def _check_epochs(self, done: int, planned: int | None) -> None:
        path, by = self.place.path, self.trainer.planned_by
        if by is not None and planned not in (None, self.epochs):
            raise ConfigError(
                f"--epochs is {self.epochs}, but {by} planned run {path} for {planned} epochs "
                f"from its first step on{', as constant does not' * by.startswith('--sch')}",
                hint=self._anew(self.epochs),
            )
        if done > self.epochs:
            raise ConfigError(f"--epochs is {self.epochs}, but run {path} has {done} behind it")
        # A job that is queued again after its end has nothing left to do, and that is no error.
        nothing_left = done == self.epochs and is_completed(path)
        if nothing_left and self.config.resume != "auto" and not are_behind(self.config.log, path):
            more = f"--epochs {done + 1} or more trains on"
            raise ArtifactError(
                f"run {path} has finished its {done} epochs, but --resume wants one that has not",
                hint=f"{by} planned it for these; {self._anew(done + 1)}" if by else more,
            )

    def _anew(self, epochs: int) -> str:
        """The command that trains for so many epochs what cannot go on for them."""
        run = str(self.place.path)
        places = f"--config {quote(f'{run}/config.json')} --out {quote(f'{run}-{epochs}-epochs')}"
        words = " ".join([places, "--epochs", str(epochs), *code_text(self.config).values()])
        return f"train anew: xaitool {self.place.command} {words}"

    def _plan(self) -> dict[str, Any]:
        return {
            "command": self.place.command,
            "run_dir": str(self.place.path),
            "resumes": self.place.resumes,
            "samples": self.samples,
            "steps": self.epochs * self.steps_per_epoch,
            **self.trainer.description,
            "options": self.config.to_dict("experiment", "run"),
        }

    @property
    def steps(self) -> int:
        """Optimisation steps taken in all."""
        return self.position.epoch * self.steps_per_epoch + self.position.step

    def _remaining_batches(self) -> tuple[Tensor, ...]:
        at = self.position
        return batches(self.config.seed, self.samples, self.batch_size, at.epoch)[at.step :]

    def _step(self, indices: Tensor) -> dict[str, Tensor]:
        at = self.position
        random = step_draws(self.config.seed, at.epoch, at.step, self.place.runtime)
        try:
            values = self.trainer.step(indices, random)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            message = f"a step of {len(indices)} images does not fit in memory, but it has to"
            raise XaitoolError(message, hint="try a smaller --batch-size") from error
        for name, value in values.items():
            weighted = value.detach().double() * len(indices)
            self._sums[name] = weighted + self._sums.get(name, torch.zeros(())).to(weighted)
        self.position.step += 1
        self.position.samples += len(indices)
        return values

    def _finish_epoch(self, directory: RunDirectory, started: float) -> dict[str, Any]:
        means = self._finite_means(directory)
        trained = time.perf_counter() - started
        epoch = self.position.epoch + 1
        metrics = means | self.trainer.finish_epoch(epoch, directory)
        self._check_finite(metrics, directory)
        chosen = metrics.get(self.choice.metric) if self.choice else None
        best = self.choice is None or self.choice.improves(chosen, self._best_before(epoch))
        self.position = Position(epoch, best=chosen if best else self.position.best)
        self._sums = {}
        seconds = {"train_seconds": trained, "seconds": time.perf_counter() - started}
        metrics = {"epoch": epoch, "step": self.steps, **metrics, **seconds}
        if best:
            self._save(directory.best)
        # Before last.pt: resuming removes a line too many, but could not bring back a missing one.
        directory.metrics.append(metrics)
        self._save(directory.last)
        directory.write_progress(epoch, self.steps)
        chosen_by = None if self.choice is None else self.choice.metric
        telling = telling_metrics(self.trainer.charts, chosen_by)
        self.reporter.message(epoch_line(epoch, self.epochs, metrics, telling))
        return metrics

    def _best_before(self, epoch: int) -> float | None:
        anew = self.choice is not None and epoch == self.choice.anew_after + 1
        return None if anew else self.position.best

    def _finite_means(self, directory: RunDirectory) -> dict[str, float]:
        means = {name: value.item() / self.position.samples for name, value in self._sums.items()}
        self._check_finite(means, directory)
        return means

    def _check_finite(self, metrics: dict[str, Any], directory: RunDirectory) -> None:
        numbers = {name: value for name, value in metrics.items() if isinstance(value, float)}
        names = ", ".join(name for name, value in numbers.items() if not math.isfinite(value))
        if not names:
            return
        self._save(directory.path / "diverged.pt")
        directory.write_progress(self.position.epoch, self.steps)
        raise DivergenceError(
            f"{names} became NaN or infinite in epoch {self.position.epoch + 1}; the state is in "
            f"{directory.path / 'diverged.pt'}",
            hint="try a smaller --learning-rate",
        )

    def _stop(self, directory: RunDirectory, stop: StopSignal) -> None:
        self._finite_means(directory)
        self._save(directory.last)
        directory.write_progress(self.position.epoch, self.steps)
        words = ["--resume", quote(str(directory.path)), *code_text(self.config).values()]
        stop.raise_if_received(hint=f"continue with xaitool {self.place.command} {' '.join(words)}")

    def _save(self, path: Path) -> None:
        sums = {name: value.item() for name, value in self._sums.items()}
        content = {
            **self.trainer.description,
            **({} if self.trainer.planned_by is None else {"epochs": self.epochs}),
            "config": self.config.to_dict("experiment"),
            "position": dataclasses.asdict(dataclasses.replace(self.position, sums=sums)),
            "state": self.trainer.state_dict(),
        }
        save_checkpoint(path, self.kind, content)
