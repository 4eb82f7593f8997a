"""``train-classifier`` on the command line: what it lists, and what a preset changes."""

from __future__ import annotations

import json

from tests.cli.conftest import Invoke
from xaitool.workflows.configs.presets import CLASSIFIERS


def test_a_preset_changes_defaults_and_a_flag_wins_over_it(invoke: Invoke) -> None:
    line = ("train-classifier", "--preset", "pc-mnist", "--seed", "7", "-n", "-q")
    found = json.loads(invoke(*line, "--dataset", "digits", "--epochs", "3").stdout)["options"]
    preset = CLASSIFIERS["pc-mnist"]
    assert (found["seed"], found["epochs"], found["dataset"]) == (7, 3, "digits")
    kept = {name: value for name, value in preset.items() if name not in ("epochs", "dataset")}
    assert kept.items() <= found.items()
