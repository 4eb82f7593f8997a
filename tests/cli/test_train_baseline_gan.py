"""``train-baseline-gan`` on the command line: presets, plan, refusals, a short run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Invoke, Refused
from tests.golden import missing
from tests.trained import call_kind_generator, three_digits_run
from xaitool.workflows.configs.presets import BASELINE_GANS
from xaitool.workflows.configs.train_baseline_gan import TrainBaselineGanConfig

COMMAND = "train-baseline-gan"
SMALL = (
    *("--width", "4", "--blocks", "1", "--critic-layers", "2"),
    *("--n-critic", "1", "--batch-size", "64", "--judged", "300"),
)


def plan(invoke: Invoke, *arguments: str | Path, **environment: str) -> dict[str, Any]:
    result = invoke(COMMAND, *arguments, "--classifier", three_digits_run(), "-n", **environment)
    assert result.returncode == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def options(invoke: Invoke, *arguments: str | Path, **environment: str) -> dict[str, Any]:
    found: dict[str, Any] = plan(invoke, *arguments, **environment)["options"]
    return found


def wanted(**given: Any) -> dict[str, Any]:
    config = TrainBaselineGanConfig(classifier=str(three_digits_run()), **given)
    return config.to_dict("experiment", "run")


@pytest.mark.parametrize(
    "preset",
    [name for name, given in BASELINE_GANS.items() if given.get("generator_kind") != "cvae"],
)
def test_a_preset_changes_defaults_as_from_python(preset: str, invoke: Invoke) -> None:
    assert options(invoke, "--preset", preset) == wanted(preset=preset)


def test_without_a_preset_every_option_has_its_default(invoke: Invoke) -> None:
    assert options(invoke) == wanted()


@pytest.mark.parametrize("first", [True, False])
def test_a_flag_wins_over_the_environment_over_the_file_over_the_preset(
    first: bool, invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(BASELINE_GANS["small"], "device", "cuda:75")
    path = tmp_path / "a.toml"
    path.write_text('blocks = 3\nepochs = 5\nn-critic = 2\ndevice = "cuda:76"\n')
    preset, config = ("--preset", "small"), ("--config", path)
    both = (*preset, *config) if first else (*config, *preset)
    found = options(invoke, *both, "--n-critic", "5", XAITOOL_DEVICE="cpu")
    chosen = {name: found[name] for name in ("width", "blocks", "epochs", "n_critic", "device")}
    assert chosen == {"width": 16, "blocks": 3, "epochs": 5, "n_critic": 5, "device": "cpu"}
    assert found["preset"] == "small"
    # The default itself, too, where it is written.
    assert options(invoke, *both, "--width", "64", "--device", "cpu")["width"] == 64


def test_a_file_may_name_the_preset(invoke: Invoke, tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text("preset = 'authors-head'\nn-critic = 3\n")
    head = wanted(preset="authors-head", n_critic=3)
    assert options(invoke, "--config", path) == head
    assert options(invoke, "--config", path, "--preset", "small") == wanted(
        preset="small", n_critic=3
    )


def test_the_plan(invoke: Invoke, tmp_path: Path) -> None:
    found = plan(invoke, *SMALL, "--epochs", "2", "--out", "run")
    assert not missing(found, "train_baseline_gan", "plan")
    assert (found["command"], found["generator"], found["dataset"]) == (COMMAND, "ganmex", "digits")
    assert found["steps"] == 2 * -(-found["samples"] // 64)
    assert list(tmp_path.iterdir()) == []


def test_a_run_and_its_continuation(invoke: Invoke, tmp_path: Path) -> None:
    line = (COMMAND, "--classifier", three_digits_run(), *SMALL, "--epochs", "1", "--out", "run")
    first = invoke(*line, "--preset", "small", "--json", "-q")
    assert first.returncode == 0, first.stderr
    result = json.loads(first.stdout)
    assert (result["run_dir"], result["checkpoint"]) == ("run", "run/best.pt")
    assert result["metrics"]["hit_rate"] >= 0
    saved = json.loads((tmp_path / "run" / "config.json").read_text())["options"]
    resumed = invoke(COMMAND, "--resume", "run", "-n", "-q")
    assert resumed.returncode == 2
    assert "run run has finished its 1 epochs, but" in resumed.stderr
    assert "--schedule linear planned it for these" in resumed.stderr
    again = invoke(COMMAND, "--config", "run/config.json", "-n", "-q")
    assert json.loads(again.stdout)["options"] == saved
    repeated = invoke(*line[:-1], "again", "--preset", "small")
    assert (repeated.returncode, repeated.stdout) == (0, "again\n")
    assert (tmp_path / "again/last.pt").read_bytes() == (tmp_path / "run/last.pt").read_bytes()


@pytest.mark.parametrize("key", ["generator", "generator-kind", "generator_kind"])
def test_a_file_may_call_the_kind_as_before(key: str, invoke: Invoke, tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text(f"[{COMMAND}]\n{key} = 'standalone'\n")
    assert options(invoke, "--config", path) == wanted(generator_kind="standalone")


def test_a_run_of_before_is_continued_and_repeated(invoke: Invoke, tmp_path: Path) -> None:
    line = (*SMALL, "--generator-kind", "standalone", "--schedule", "constant", "--epochs", "1")
    first = invoke(COMMAND, *line, "--classifier", three_digits_run(), "--out", "run", "-q")
    assert first.returncode == 0, first.stderr
    call_kind_generator(tmp_path / "run")
    for source in ("--config", "run/config.json"), ("--resume", "run"):
        again = invoke(COMMAND, *source, "--epochs", "2", "-n", "-q")
        assert json.loads(again.stdout)["options"]["generator_kind"] == "standalone"
    more = invoke(COMMAND, "--resume", "run", "--epochs", "2", "-q")
    assert more.returncode == 0, more.stderr
    saved = json.loads((tmp_path / "run" / "config.json").read_text())["options"]
    assert (saved["generator_kind"], "generator" in saved) == ("standalone", False)


REFUSALS = [
    (
        "",
        "--generator-kind ganmex has no --classifier",
        "xaitool train-classifier --dataset digits",
    ),
    ("--dataset mnist", "has no --classifier", "--dataset mnist --out classifier"),
    ("--generator-kind vae", "unknown generator 'vae'; did you mean 'cvae'?", "one of: ganmex"),
    ("--generator cvae", "'cvae', but train-baseline-gan calls it --generator-kind", "kind cvae"),
    ("--generator nets:make --seed x", "--generator is 'nets:make', but", "kind nets:make"),
    ("--preset smal", "unknown preset 'smal'; did you mean 'small'?", "authors-head"),
    ("--classifier nothing", "model 'nothing' does not exist", ""),
    ("--classifier nothing.pt", "nothing.pt does not exist", ""),
    ("--classifier resnet18", "model 'resnet18' does not exist", "torchvision:resnet18"),
    ("--generator-kind standalone --channels 3", "--channels is 3, but nothing in this run", ""),
    ("--generator-kind standalone --judged 9999", "--judged is 9999, but fewer than", ""),
    ("--adversarial-loss hinge", "unknown adversarial loss 'hinge'", "wasserstein, log"),
    ("--ema-decay 1", "--ema-decay is 1.0, but at least 0 and at most 0.99999", ""),
]


@pytest.mark.parametrize(("line", "message", "hint"), REFUSALS, ids=lambda text: text[:40])
def test_refused(line: str, message: str, hint: str, invoke: Invoke, refused: Refused) -> None:
    refused(invoke(COMMAND, *line.split(), "-q"), message, hint)
