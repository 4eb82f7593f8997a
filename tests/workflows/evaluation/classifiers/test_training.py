"""Trainings of classifiers side by side, by logs that are written here."""

import json
from pathlib import Path

import pytest
import torch

from tests.golden import missing
from tests.report.figures import outside, overlapping
from tests.workflows.tiny_runs import Recorder
from xaitool.errors import ArtifactError, ConfigError, InputError
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.classifiers.training import compare_trainings
from xaitool.workflows.runs import pictures as module
from xaitool.workflows.runs.context import Context
from xaitool.workflows.runs.runtime import Runtime

CPU = Runtime(torch.device("cpu"), torch.float32)


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    log("a", {"loss": 2.0, "accuracy": 0.1}, {"loss": 1.0, "accuracy": 0.5})
    log(
        "b",
        {"validation_accuracy": 0.5, "train_seconds": 1.5},
        {"validation_accuracy": 0.8, "train_seconds": 2.0},
        {"validation_accuracy": 0.8, "train_seconds": 2.0},
    )


def log(name, *epochs):
    Path(name).mkdir(exist_ok=True)
    lines = [json.dumps({"epoch": place, **one}) for place, one in enumerate(epochs, 1)]
    Path(name, "metrics.jsonl").write_text("".join(f"{line}\n" for line in lines))


def compare(*names, **options):
    recorder = Recorder()
    config = EvaluateConfig(artifacts=tuple(map(Path, names)), **options)
    rows = compare_trainings(config.artifacts, Context(config, CPU, recorder))
    assert not any(missing(row, "evaluate", "row") for row in rows)
    assert not any(missing(row, "evaluate", "training") for row in rows)
    # Of one run, so that no table counts what the row of the epochs says.
    assert {row["n"] for row in rows} == {1}
    return {(row["source"], row["quantity"]): row["value"] for row in rows}, recorder.messages


def test_what_logs_say():
    found, told = compare("a", "b", "a")
    assert told == []
    assert len(found) == 10
    assert found["a", "accuracy"] == 0.5
    assert found["a", "best-epoch"] is found["a", "train-seconds"] is None
    # The first of two that are equally good.
    assert (found["b", "best-epoch"], found["b", "validation-accuracy"]) == (2, 0.8)
    assert found["b", "train-seconds"] == 5.5


def test_a_line_a_run(monkeypatch):
    figures = []

    def keep(figure, file_format):
        figures.append(figure)
        return b""

    monkeypatch.setattr(module, "figure_bytes", keep)
    log("b", {"loss": 3.0, "accuracy": 0.2})
    _, told = compare("a", "b", out="out", figure_format="svg")
    assert told == ["picture: out/training-loss.svg", "picture: out/training-accuracy.svg"]
    for figure in figures:
        [axes] = figure.axes
        assert len(axes.lines) == 2
        assert axes.get_xlabel() == "epoch"
        assert not outside(figure)
        assert not overlapping(figure)
    with pytest.raises(ConfigError, match=r"training-loss\.svg exists"):
        compare("a", "b", out="out", figure_format="svg")


def test_what_is_no_run():
    Path("best.pt").touch()
    with pytest.raises(ArtifactError, match=r"best\.pt is no run directory"):
        compare("best.pt")
    log("a")
    with pytest.raises(ArtifactError, match="a has no epoch"):
        compare("a")
    log("a", {"loss": "low"})
    with pytest.raises(InputError, match="loss"):
        compare("a", out="out")
