"""Runs of MLflow: by a stand-in what it is asked, by the library what is in its store."""

from __future__ import annotations

import logging
import os
import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from xaitool.workflows.runs.logs.base import LoggedRun
from xaitool.workflows.runs.logs.mlflow import DEFAULTS, MlflowLog

IMAGE = re.compile(r"images/(samples|plots.losses)\Wstep\W(\d+)")


@pytest.fixture
def grid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A picture; the working folder is its, and nothing is set for MLflow but what we set."""
    for name in [name for name in os.environ if name.startswith("MLFLOW_")]:
        monkeypatch.delenv(name)
    for name, value in DEFAULTS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(logging.getLogger("mlflow"), "level", logging.WARNING)
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (4, 3), "red").save(tmp_path / "grid.png")
    return tmp_path / "grid.png"


def run_of(
    folder: Path, options: dict[str, Any] | None = None, name: str | None = None
) -> LoggedRun:
    return LoggedRun(folder, "train-gan", options or {}, name, 0)


class Client:
    """Stands in for MLflow's: one run, with an epoch logged at step 3."""

    def __init__(self, asked: list[Any]) -> None:
        self._asked = asked

    def __call__(self) -> Client:
        return self

    def __getattr__(self, name: str) -> Any:
        def called(*values: Any, **options: Any) -> Any:
            self._asked.append((name, *values, *sorted(options.items())))
            return SimpleNamespace(info=SimpleNamespace(run_id="abc"))

        return called

    def get_metric_history(self, *values: str) -> list[Any]:
        return [SimpleNamespace(step=3)]


def test_what_mlflow_is_asked(grid: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    stand_in = SimpleNamespace(
        MlflowClient=Client(asked),
        Image=lambda path: f"image {path}",
        entities=SimpleNamespace(
            Metric=lambda name, value, time, step: (name, value, step),
            Param=lambda name, value: (name, value),
        ),
        set_experiment=lambda name: SimpleNamespace(experiment_id=f"experiment {name}"),
        get_tracking_uri=lambda: "a store",
    )
    monkeypatch.setitem(sys.modules, "mlflow", stand_in)
    log = MlflowLog(run_of(grid.parent, {"latent": 8}))
    assert (log.id, log.step, log.place) == ("abc", 3, "run abc in a store")
    log.write(6, {"weights/0=red": 0.5}, {"samples": grid})
    log.close(False)
    name = ("run_name", grid.parent.name)
    assert asked == [
        ("create_run", "experiment xaitool", name, ("tags", {"command": "train-gan"})),
        ("log_batch", "abc", ("params", [("latent", "8")])),
        ("update_run", "abc", ("status", "RUNNING")),
        (
            "log_image",
            "abc",
            f"image {grid}",
            ("key", "samples"),
            ("step", 6),
            ("synchronous", True),
        ),
        ("log_batch", "abc", ("metrics", [("weights/0-red", 0.5, 6)])),
        ("set_terminated", "abc", "KILLED"),
    ]
    assert MlflowLog(run_of(grid.parent, name="mine")).id == "mine"


@pytest.mark.filterwarnings("default")
def test_what_mlflow_keeps(grid: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mlflow = pytest.importorskip("mlflow")
    # The store that needs no database.
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow.set_tracking_uri(f"file:{grid.parent / 'store'}")
    options = {f"option{number}": number for number in range(150)}
    log = MlflowLog(run_of(grid.parent, options))
    log.write(3, {}, {"samples": grid})
    log.write(6, {"epoch": 1, "loss": 0.1}, {"samples": grid})
    log.close(False)
    again = MlflowLog(run_of(grid.parent, name=log.id))
    assert (again.id, again.step) == (log.id, 6)
    again.write(9, {"epoch": 2, "loss": 0.05}, {"plots/losses": grid})
    again.close(True)
    client = mlflow.MlflowClient()
    run = client.get_run(log.id)
    assert run.data.params == {name: str(value) for name, value in options.items()}
    assert run.info.status == "FINISHED"
    assert run.info.run_name == grid.parent.name
    kept = client.get_metric_history(log.id, "loss")
    assert [(one.step, one.value) for one in kept] == [(6, 0.1), (9, 0.05)]
    pictures = [one.path for one in client.list_artifacts(log.id, "images")]
    found = {match.groups() for path in pictures if (match := IMAGE.match(path))}
    assert {(name[:5], step) for name, step in found} == {
        ("sampl", "3"), ("sampl", "6"), ("plots", "9"),
    }  # fmt: skip
