"""``train-classifier`` on the command line: what it lists, and what a preset changes."""

from __future__ import annotations

import json

from tests.cli.conftest import Invoke
from xaitool import registry
from xaitool.workflows.configs.presets import CLASSIFIERS


def test_the_list_names_every_loss_and_preset(invoke: Invoke) -> None:
    result = invoke("train-classifier", "--list")
    assert (result.returncode, result.stderr) == (0, "")
    heads = [line.partition(":")[0] for line in result.stdout.splitlines() if line[0] != " "]
    losses = [f"loss {name}" for name in registry.names("loss")]
    assert heads == [*losses, *(f"preset {name}" for name in CLASSIFIERS)]


def test_the_list_as_json_is_a_line_each(invoke: Invoke) -> None:
    records = [
        json.loads(line) for line in invoke("train-classifier", "--list", "--json")[1].splitlines()
    ]
    named = [record["name"] for record in records]
    assert sorted(named) == sorted([*registry.names("loss"), *CLASSIFIERS])


def test_a_preset_changes_defaults_and_a_flag_wins_over_it(invoke: Invoke) -> None:
    line = ("train-classifier", "--preset", "pc-mnist", "--seed", "7", "-n", "-q")
    found = json.loads(invoke(*line, "--dataset", "digits", "--epochs", "3").stdout)["options"]
    preset = CLASSIFIERS["pc-mnist"]
    assert (found["seed"], found["epochs"], found["dataset"]) == (7, 3, "digits")
    kept = {name: value for name, value in preset.items() if name not in ("epochs", "dataset")}
    assert kept.items() <= found.items()
