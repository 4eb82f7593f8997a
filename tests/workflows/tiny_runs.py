"""Trainings of a second, and a reporter that interrupts them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from xaitool.io.jsonl import MetricsLog
from xaitool.workflows.configs.train_classifier import TrainClassifierConfig
from xaitool.workflows.configs.train_gan import TrainGanConfig
from xaitool.workflows.features import lenet as feature_network
from xaitool.workflows.runs import training as training_run
from xaitool.workflows.runs.progress import SilentTask

GAN: dict[str, Any] = {
    "classes": ("0", "1"),
    "epochs": 2,
    "batch_size": 100,
    "xai": "none",
    "latent": 8,
    "fid_samples": 40,
    "grid": 4,
    "device": "cpu",
}
CLASSIFIER: dict[str, Any] = {"classes": ("0", "1", "2"), "epochs": 2, "device": "cpu"}
STEPS_PER_EPOCH = 3  # of GAN: 288 images

LINE = [
    text
    for name, value in GAN.items()
    for text in (
        "--" + name.replace("_", "-"),
        ",".join(value) if isinstance(value, tuple) else str(value),
    )
]
"""`GAN` for the command line."""


def gan_config(out: Path | None, **options: Any) -> TrainGanConfig:
    return TrainGanConfig(**{**GAN, "out": out, **options})


def classifier_config(out: Path | None, **options: Any) -> TrainClassifierConfig:
    return TrainClassifierConfig(**{**CLASSIFIER, "out": out, **options})


class Recorder:
    """Remembers what it is told; may send this process a signal in a certain training step."""

    def __init__(self, signal_number: int = 0, at_step: int = 0) -> None:
        self.messages: list[str] = []
        self.warnings: list[str] = []
        self.tasks: list[tuple[str, int, int]] = []
        self._signal_number = signal_number
        self._steps_left = at_step

    def message(self, text: str) -> None:
        self.messages.append(text)

    def warning(self, text: str) -> None:
        self.warnings.append(text)

    def task(self, name: str, total: int, unit: str, done: int = 0) -> SilentTask:
        self.tasks.append((name, total, done))
        return _Interrupting(self) if name == "train" else SilentTask()

    def count(self, steps: int) -> None:
        self._steps_left -= steps
        if self._steps_left == 0 and self._signal_number:
            os.kill(os.getpid(), self._signal_number)


class _Interrupting(SilentTask):
    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def advance(self, steps: int = 1, **values: object) -> None:
        self._recorder.count(steps)


def metrics(run: Path) -> list[dict[str, Any]]:
    """What ``metrics.jsonl`` holds and time does not change."""
    return [
        {name: value for name, value in entry.items() if not name.endswith("seconds")}
        for entry in MetricsLog(run / "metrics.jsonl").read()
    ]


def pictures(run: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((run / "samples").iterdir())}


def files(run: Path) -> set[str]:
    return {str(path.relative_to(run)) for path in run.rglob("*") if path.is_file()}


def make_quick(patch: pytest.MonkeyPatch) -> None:
    """No curves, and a feature network trained in a moment, whose figures mean nothing."""
    patch.setattr(training_run, "write_curves", lambda *arguments: None)
    patch.setattr(feature_network, "RECIPE", feature_network.Recipe(epochs=1, least_steps=1))
