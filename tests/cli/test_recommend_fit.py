"""``recommend fit`` and ``evaluate`` of what it fits, as a person runs them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Invoke, Refused
from tests.golden import missing
from tests.trained import SMALL_RATINGS

FIT = ("recommend", "fit", "--dataset", SMALL_RATINGS, "--factors", "4", "--epochs", "2")


def test_it_prints_the_run_directory(invoke: Invoke, tmp_path: Path) -> None:
    result = invoke(*FIT, "--out", "run")
    assert (result.returncode, result.stdout) == (0, "run\n"), result.stderr
    assert "fitted 'svd' to 2,400 ratings" in result.stderr
    quiet = invoke(*FIT, "--out", "again", "--json", "-q")
    record = json.loads(quiet.stdout)
    assert quiet.stderr == ""
    assert not missing(record, "recommend_fit", "result")
    assert record["checkpoint"] == "again/best.pt"
    first, again = ((tmp_path / name / "best.pt").read_bytes() for name in ("run", "again"))
    assert first == again


def test_a_run_repeats_from_its_own_configuration(invoke: Invoke, tmp_path: Path) -> None:
    options = ("--base-option", "regularisation=2", "--attention", "signed", "--split", "random")
    assert invoke(*FIT, *options, "--out", "run").returncode == 0
    line = ("recommend", "fit", "--config", "run/config.json", "--out", "again")
    assert invoke(*line).returncode == 0
    first, again = ((tmp_path / name / "best.pt").read_bytes() for name in ("run", "again"))
    assert first == again


def test_options_from_a_table(invoke: Invoke, tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('["recommend fit"]\nbase = "linear"\n')
    plan = json.loads(invoke("recommend", "fit", "--config", "a.toml", "-n").stdout)
    assert (plan["base"], plan["ratings"]) == ("linear", 36_000)


def test_evaluate_prints_a_table(invoke: Invoke) -> None:
    assert invoke(*FIT, "--out", "run").returncode == 0
    result = invoke(
        "evaluate", "run", "--folds", "2", "-m", "rmse", "-m", "t1@3", "--log-every", "9"
    )
    header, *rows = (line.split("\t") for line in result.stdout.splitlines())
    assert header == ["metric", "value", "n", "source", "std"]
    assert [row[0] for row in rows] == ["rmse", "t1@3", "t1@3-random", "t1@3-popularity"]
    assert "\nrun, fold 2/2: fitted in " in result.stderr
    plan = json.loads(invoke("evaluate", "run", "-n").stdout)
    assert plan["artifacts"][0]["kind"] == "recommender"


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        ("--base svdd", "unknown base model 'svdd'; did you mean 'svd'?", "linear"),
        ("--attention soft", "unknown attention 'soft'", "signed"),
        ("--factors 0", "--factors is 0, but at least 1", ""),
        ("--hold-out 1", "--hold-out is 1.0, but more than 0 and at most 0.9", ""),
        ("--base baseline --factors 3", "--factors is 3, but nothing in this run", "--base svd"),
        ("--dataset synthetic-ratings:user=3", "has no option 'user'; did you mean 'users'", ""),
        ("--dataset csv:nothere.csv", "'nothere.csv' is absent", ""),
        ("--scale 1,5", "--scale is 1.0,5.0, but nothing in this run", "csv:FILE"),
        (
            "--dataset csv:ratings.csv --scale 1",
            "--scale has 1 numbers, but LOW,HIGH is wanted",
            "",
        ),
        ("--resume run", "No such option: --resume", ""),
    ],
)
def test_refusals(
    line: str, message: str, hint: str, invoke: Invoke, refused: Refused, tmp_path: Path
) -> None:
    refused(invoke("recommend", "fit", *line.split()), message, hint)
    assert list(tmp_path.iterdir()) == []
