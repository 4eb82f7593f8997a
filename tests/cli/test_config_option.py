"""``--config``: what it may hold, what wins over it, and that a run's own file repeats the run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Invoke, Refused
from tests.conftest import Program
from tests.workflows.tiny_runs import GAN, LINE
from xaitool.workflows.configs.train_classifier import TrainClassifierConfig
from xaitool.workflows.configs.train_gan import TrainGanConfig


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def to(name: str, text: str) -> Path:
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return to


def options(invoke: Invoke, *arguments: str | Path, **environment: str) -> dict[str, Any]:
    """The options that a command would run with."""
    result = invoke(*arguments, "--dry-run", "-q", **environment)
    assert result.returncode == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)["options"]
    return found


@pytest.mark.parametrize(
    ("command", "config"),
    [("train-gan", TrainGanConfig), ("train-classifier", TrainClassifierConfig)],
)
def test_without_a_flag_every_option_has_its_default(
    command: str, config: Any, invoke: Invoke
) -> None:
    assert options(invoke, command) == config().to_dict("experiment", "run")


def test_a_flag_wins_over_the_environment_over_the_file_over_the_default(
    invoke: Invoke, write: Any, tmp_path: Path
) -> None:
    write("a.toml", f'device = "cuda:77"\nseed = 4\nepochs = 9\ndata-dir = "{tmp_path}"\n')
    one = ("train-gan", "--config", "a.toml")
    found = options(invoke, *one, "--epochs", "3", XAITOOL_DEVICE="cpu")
    assert (found["epochs"], found["seed"], found["device"]) == (3, 4, "cpu")
    assert found["latent"] == TrainGanConfig().latent
    assert found["data_dir"] == str(tmp_path)
    assert options(invoke, *one, "--device", "cpu", XAITOOL_DEVICE="cuda:78")["device"] == "cpu"
    assert options(invoke, *one, "--device", "cpu", "--epochs", "70")["epochs"] == 70


def test_environment_and_file_are_really_read(invoke: Invoke, write: Any, refused: Refused) -> None:
    path = write("a.toml", 'device = "cuda:77"')
    refused(invoke("train-gan", "-q", "--config", path), "--device is cuda:77")
    refused(
        invoke("train-gan", "-q", "--config", path, XAITOOL_DEVICE="cuda:78"),
        "--device is cuda:78",
    )


@pytest.mark.parametrize(
    "text",
    [
        "epochs = 3\nclasses = [1, 7]\nlearning-rate = 1\nxai = 'none'",
        "epochs = 3\nclasses = '1,7'\nlearning_rate = 1.0\nxai = 'none'",
        "[train-gan]\nepochs = 3\nclasses = ['1', '7']\nlearning-rate = 1e0\nxai = 'none'\n"
        "[explain]\nmethod = 'agi'",
        '{"command": "train-gan", "options": {"epochs": 3, "classes": ["1", "7"], '
        '"learning_rate": 1, "xai": "none", "image_size": null}}',
    ],
    ids=["flat", "underscores", "tables", "run"],
)
def test_forms_of_a_file(text: str, invoke: Invoke, write: Any) -> None:
    path = write("a.json" if text.startswith("{") else "a.toml", text)
    found = options(invoke, "train-gan", "--config", path)
    wanted = TrainGanConfig(epochs=3, classes=("1", "7"), learning_rate=1.0, xai="none")
    assert found == wanted.to_dict("experiment", "run")


def test_one_value_of_an_option_that_is_repeated_needs_no_list(invoke: Invoke, write: Any) -> None:
    path = write("a.toml", "objective_option = 'real_label=0.9'\nclasses = '7'")
    assert options(invoke, "train-gan", "--config", path)["objective_option"] == ["real_label=0.9"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("epoch = 3", "a.toml has no option 'epoch'; did you mean 'epochs'?"),
        ("epochs = 'many'", "a.toml: --epochs is 'many', but a whole number is wanted"),
        ("epochs = 2.5", "a.toml: --epochs is 2.5, but a whole number is wanted"),
        ("epochs = true", "a.toml: --epochs is True, but a whole number is wanted"),
        ("epochs = [1, 2]", "a.toml: --epochs is [1, 2], but a whole number is wanted"),
        ("epochs = 0", "a.toml: --epochs is 0, but at least 1 is wanted"),
        ("learning-rate = nan", 'a.toml holds a number that is not finite in "learning-rate"'),
        ("overwrite = 'perhaps'", "--overwrite is 'perhaps', but true or false is wanted"),
        ("out = 7", "a.toml: --out is 7, but a path is wanted"),
        ("dataset = 7", "a.toml: --dataset is 7, but a text is wanted"),
        ("objective = 'bcee'", "a.toml: unknown objective 'bcee'; did you mean 'bce'?"),
        ("train-gan = 3", "a.toml has no table of options"),
        ("epochs =", "a.toml is not valid TOML: "),
        ("command = 'explain'", "a.toml is of 'explain', but 'train-gan' reads it"),
    ],
)
def test_what_does_not_fit(
    text: str, message: str, write: Any, xaitool: Program, refused: Refused
) -> None:
    write("a.toml", text)
    refused(xaitool("train-gan", "--config", "a.toml"), message)


def test_files_that_are_none(write: Any, xaitool: Program, refused: Refused) -> None:
    refused(xaitool("train-gan", "--config", "no.toml"), "no.toml cannot be read: No such file")
    refused(xaitool("train-gan", "--config", "."), ". cannot be read: Is a directory")
    write("list.json", "[1]")
    refused(xaitool("train-gan", "--config", "list.json"), "list.json holds no options")
    write("a.toml", "").write_bytes(b"\xff\xfe")
    refused(xaitool("train-gan", "--config", "a.toml"), "a.toml is not valid TOML: it is no")


def test_the_file_of_a_run_repeats_it(invoke: Invoke, refused: Refused, tmp_path: Path) -> None:
    assert invoke("train-gan", *LINE, "--xai", "random", "--out", "first").returncode == 0
    saved = tmp_path / "first" / "config.json"
    again = options(invoke, "train-gan", "--config", saved)
    assert again == TrainGanConfig(**{**GAN, "xai": "random"}).to_dict("experiment", "run")
    assert invoke("train-gan", "--config", saved, "--out", "second").returncode == 0
    first, second = ((tmp_path / name / "last.pt").read_bytes() for name in ("first", "second"))
    assert first == second
    message = "is of 'train-gan', but 'train-classifier' reads it"
    refused(invoke("train-classifier", "--config", saved), message)
    refused(invoke("train-classifier", "--resume", "first"), message)
