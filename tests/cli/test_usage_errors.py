"""Flags and commands that do not exist: what is understood, and what is suggested in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.commands import COMMANDS
from tests.cli.conftest import Invoke, Refused
from xaitool.near_names import SUGGESTED, UNDERSTOOD
from xaitool.options import option_fields

SUGGESTIONS = [
    ("train-gan --epoch 3", "No such option: --epoch; did you mean '--epochs'?"),
    ("train-gan --bs 3", "No such option: --bs; did you mean '--batch-size'?"),
    ("train-gan --gpu", "No such option: --gpu; did you mean '--device cuda'?"),
    ("explain --force", "No such option: --force; did you mean '--overwrite'?"),
    ("explain -m agi", "No such option: -m; did you mean '--method'?"),
    ("recommend top --top 5", "No such option: --top; did you mean '--number'?"),
    ("evaluate --number 5", "No such option: --number; did you mean '--top'?"),
    ("recommend top -n 20", "No such option: -n; did you mean '--number'?"),
    ("train-gan --zzz", "No such option: --zzz"),
    (
        "train",
        "No such command 'train'; did you mean 'train-classifier', 'train-gan' or "
        "'train-baseline-gan'?",
    ),
    ("trian-gan", "No such command 'trian-gan'; did you mean 'train-gan'?"),
    ("train-gan --model dcgan", "No such option: --model; did you mean '--architecture'?"),
    ("train-gan --verbose", "No such option: --verbose; did you mean '--log-every 1'?"),
    ("recommend fit --algorithm svd", "No such option: --algorithm; did you mean '--base'?"),
    ("recommend fitt", "No such command 'fitt'; did you mean 'fit'?"),
    ("train-classifier --loss ce", "unknown loss 'ce'; did you mean 'cross-entropy'?"),
    ("explain --method ig", "unknown method 'ig'; did you mean 'integrated-gradients'?"),
]


@pytest.mark.parametrize(("line", "message"), SUGGESTIONS, ids=lambda text: text[:30])
def test_what_may_be_meant(line: str, message: str, invoke: Invoke, refused: Refused) -> None:
    result = invoke(*line.split())
    refused(result, message)
    assert result.stderr.splitlines()[0] == f"error: {message}"


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        (
            "--list",
            "COMMAND --list, where COMMAND is one of: train-classifier, explain, evaluate, "
            "train-gan, train-baseline-gan, recommend fit",
        ),
        ("recommend --list", "COMMAND --list, where COMMAND is one of: fit"),
        ("recommend top --list", "there is nothing to choose from; --help shows the options"),
    ],
)
def test_what_has_a_list(line: str, hint: str, invoke: Invoke) -> None:
    result = invoke(*line.split())
    assert result.returncode == 2
    assert result.stderr == f"error: No such option: --list\nhint: {hint}\n"


@pytest.mark.parametrize("flags", ["--lr 0 --output x", "--learning_rate 0 --optimizer sgd"])
def test_what_is_understood(flags: str, invoke: Invoke, refused: Refused) -> None:
    """That the value is refused shows that the option was taken for ours."""
    result = invoke("train_gan", *flags.split())
    refused(result, "--learning-rate is 0.0, but more than 0 is wanted")


def test_a_configuration_file_is_understood_in_the_same_way(
    invoke: Invoke, refused: Refused, tmp_path: Path
) -> None:
    (tmp_path / "a.toml").write_text("lr = 0\n")
    refused(invoke("train-gan", "--config", "a.toml"), "a.toml: --learning-rate is 0.0, but more")


def test_no_command_has_an_option_in_two_spellings() -> None:
    """And what is meant by one is an option of ours, or a choice."""
    fields = [field for config in COMMANDS.values() for field in option_fields(config)]
    names = {field.name.replace("_", "-") for field in fields}
    choices = {choice for field in fields for choice in field.facts.choices}
    assert not names & UNDERSTOOD.keys()
    for config in COMMANDS.values():
        own = {field.name.replace("_", "-") for field in option_fields(config)}
        both = own & {name for name, meant in SUGGESTED.items() if meant.split()[0] in own}
        # Where there are both, --architecture is the factory of the checkpoint that --model is.
        assert both <= {"model"}
    assert set(UNDERSTOOD.values()) <= names
    assert {meant.partition(" ")[0] for meant in SUGGESTED.values()} <= names | choices | {
        "log-every"
    }


@pytest.mark.parametrize("flag", ["-m", "-n", "-o", "-q"])
def test_a_short_flag_means_one_thing(flag: str) -> None:
    meanings = {
        field.name
        for config in COMMANDS.values()
        for field in option_fields(config)
        if flag in field.facts.flags
    }
    assert len(meanings) <= 1
