"""A run of ``train-baseline-gan --generator-kind cvae`` of a moment, trained once a session."""

from __future__ import annotations

import atexit
import functools
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest

from tests.workflows.tiny_runs import make_quick
from xaitool.workflows.configs.train_baseline_gan import TrainBaselineGanConfig
from xaitool.workflows.counterfactuals.train_baseline_gan import train_baseline_gan

DATA = "biased-mnist:of=digits"
STEPS_PER_EPOCH = 4


def cvae_config(out: Path | None, **options: Any) -> TrainBaselineGanConfig:
    """Of 1,437 images about 200 are trained on, in 4 steps an epoch."""
    values: dict[str, Any] = {
        "generator_kind": "cvae",
        "epochs": 2,
        "batch_size": 60,
        "image_size": 8,
        "judged": 1237,
        "grid": 5,
        "interpolations_shown": 3,
        "device": "cpu",
    }
    return TrainBaselineGanConfig(out=out, **{**values, **options})


@functools.cache
def cvae_run() -> Path:
    folder = tempfile.mkdtemp(prefix="xaitool-tests-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    out = Path(folder) / "cvae"
    with pytest.MonkeyPatch.context() as patch:
        make_quick(patch)
        train_baseline_gan(cvae_config(out))
    return out
