"""What every training prints: its run directory, its result, or its plan."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.cli.conftest import Invoke
from tests.golden import missing
from tests.workflows.tiny_runs import LINE

CLASSIFIER_LINE = ("--classes", "0,1,2", "--epochs", "2", "--device", "cpu")


TRAININGS = [("train-gan", tuple(LINE)), ("train-classifier", CLASSIFIER_LINE)]


def test_without_out_the_run_directory_is_named_and_printed(invoke: Invoke, tmp_path: Path) -> None:
    result = invoke("train-classifier", *CLASSIFIER_LINE, "--seed", "5")
    place = r"runs/train-classifier/\d{4}-\d\d-\d\dT\d{6}Z-lenet5-cross-entropy-seed5\n"
    assert re.fullmatch(place, result.stdout)
    assert (tmp_path / result.stdout.strip() / "last.pt").is_file()


@pytest.mark.parametrize(("command", "line"), TRAININGS)
def test_json_is_one_object_with_the_documented_names(
    command: str, line: tuple[str, ...], invoke: Invoke
) -> None:
    result = invoke(command, *line, "--out", "run", "--json")
    (text,) = result.stdout.splitlines()
    found, golden = json.loads(text), command.replace("-", "_")
    assert not missing(found, golden, "result")
    assert not missing(found["metrics"], golden, "metrics")
    assert (found["run_dir"], found["checkpoint"]) == ("run", "run/best.pt")
    assert (found["state"], found["schema"], found["metrics"]["epoch"]) == ("completed", 1, 2)
    assert found["step"] == found["metrics"]["step"]


@pytest.mark.parametrize(("command", "line"), TRAININGS)
def test_a_plan_has_the_documented_names(
    command: str, line: tuple[str, ...], invoke: Invoke
) -> None:
    (text,) = invoke(command, *line, "--out", "run", "--dry-run").stdout.splitlines()
    assert not missing(json.loads(text), command.replace("-", "_"), "plan")
