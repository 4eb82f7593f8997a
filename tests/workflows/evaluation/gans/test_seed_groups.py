"""Repeats of one experiment, and their names in the shell's short form."""

import shutil
import subprocess
from pathlib import Path

import pytest

from xaitool.workflows.evaluation.gans.histories import GanHistory, braced, seed_groups


def history(path, **options):
    return GanHistory(Path(path), [{}], options, None, None, None)


NAMES = [
    ["runs/shap-seed0", "runs/shap-seed1"],
    ["a-1", "a-10", "a-100"],
    ["run1-late", "run21-late"],
    ["one", "two", "three"],
    ["run", "run2"],
]


@pytest.mark.parametrize("names", NAMES)
def test_the_shell_expands_the_short_form(names):
    if (bash := shutil.which("bash")) is None:
        pytest.skip("no bash")
    expanded = subprocess.run([bash, "-c", f"echo {braced(names)}"], capture_output=True, text=True)
    assert expanded.stdout.split() == names


def test_the_short_form():
    assert braced(["alone"]) == "alone"
    assert braced(["runs/shap-seed0", "runs/shap-seed1"]) == "runs/shap-seed{0,1}"
    assert braced(["a-1-x", "a-10-x"]) == "a-{1,10}-x"


def test_runs_that_differ_only_in_their_seed_are_together():
    runs = [
        history("r/shap-0", xai="shap", seed=0, data_dir="/a", workers=1),
        history("r/none-0", xai="none", seed=0),
        history("r/shap-1", xai="shap", seed=1, data_dir="/b", workers=2),
        history("r/slow-0", xai="shap", seed=0, learning_rate=1.0),
    ]
    groups = seed_groups(runs)
    assert [group.members for group in groups] == [
        (runs[0], runs[2]),
        (runs[1],),
        (runs[3],),
    ]
    assert [group.source for group in groups] == ["r/shap-{0,1}", "r/none-0", "r/slow-0"]
    assert [group.label for group in groups] == ["shap-{0,1}", "none-0", "slow-0"]


def test_folders_of_one_name_are_told_apart_by_their_paths():
    groups = seed_groups([history("a/run", xai="shap"), history("b/run", xai="none")])
    assert [group.label for group in groups] == ["a/run", "b/run"]
