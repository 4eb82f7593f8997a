"""Peak memory of ``xaitool explain``: it does not grow with the number of images."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.material import data
from tests.benchmarks.measure import Row

FEW, MANY = 100, 10_000


def run() -> list[Row]:
    """Saliency, and integrated gradients from generated baselines, of MNIST by a small network."""
    with tempfile.TemporaryDirectory() as folder:
        model, generator = Path(folder) / "model", Path(folder) / "generator"
        _peak("train-classifier", "--dataset", "mnist", "--epochs", "1", "--out", str(model))
        _peak(
            "train-baseline-gan", "--classifier", str(model), "--dataset", "digits",
            "--preset", "small", "--epochs", "1", "--out", str(generator),
        )  # fmt: skip
        from_generated = (
            "--method", "integrated-gradients", "--method-option", "steps=2",
            "--baseline", f"ganmex:{generator}", "--against", "second",
        )  # fmt: skip
        return [
            _row("explain", model, "--method", "saliency"),
            _row("explain from ganmex baselines", model, *from_generated),
        ]


def _row(title: str, model: Path, *options: str) -> Row:
    many, few = (_explain(model, count, *options) for count in (MANY, FEW))
    return Row("memory", f"{title}, {MANY} images", many, few, f"{FEW} images", "MiB", 1.1)


def _explain(model: Path, count: int, *options: str) -> float:
    out = model.parent / f"{count}.h5"
    return _peak(
        "explain", *options, "--model", str(model), "--dataset", "mnist", "--limit", str(count),
        "--out", str(out), "--overwrite", "--batch-size", "64",
    )  # fmt: skip


def _peak(*arguments: str) -> float:
    """Largest resident set of one run, in MiB."""
    command = [sys.executable, "-m", "xaitool", *arguments, "--data-dir", str(data()), "-q"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        # Of this child alone: the usual call gives the largest of all children so far.
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"error: {' '.join(command)} exited with {process.returncode}")
    unit = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss, bytes or KiB
    return usage.ru_maxrss * unit / 2**20
