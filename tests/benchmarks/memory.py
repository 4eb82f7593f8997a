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
    """Saliency of MNIST images by a small network."""
    with tempfile.TemporaryDirectory() as folder:
        run_directory = Path(folder) / "run"
        _peak(
            "train-classifier", "--dataset", "mnist", "--epochs", "1", "--out", str(run_directory)
        )
        many, few = (_explain(run_directory, count) for count in (MANY, FEW))
    name = f"{FEW} images"
    return [Row("memory", f"explain, {MANY} images", many, few, name, "MiB", 1.1)]


def _explain(run_directory: Path, count: int) -> float:
    out = run_directory.parent / f"{count}.h5"
    return _peak(
        "explain", "--method", "saliency", "--model", str(run_directory),
        "--dataset", "mnist", "--limit", str(count), "--out", str(out), "--batch-size", "64",
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
