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
    ("recommend top -n 20", "No such option: -n; did you mean '--number'?"),
    ("train-gan --zzz", "No such option: --zzz"),
    ("train", "No such command 'train'; did you mean 'train-gan'?"),
    ("recommend fitt", "No such command 'fitt'; did you mean 'fit'?"),
    ("train-classifier --loss ce", "unknown loss 'ce'; did you mean 'cross-entropy'?"),
    ("explain --method ig", "unknown method 'ig'; did you mean 'integrated-gradients'?"),
]


@pytest.mark.parametrize(("line", "message"), SUGGESTIONS, ids=lambda text: text[:30])
def test_what_may_be_meant(line: str, message: str, invoke: Invoke, refused: Refused) -> None:
    result = invoke(*line.split())
    refused(result, message)
    assert result.stderr.splitlines()[0] == f"error: {message}"


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


def test_no_option_has_the_spelling_of_another_tool() -> None:
    """And what is meant by one is an option of ours, or a choice."""
    fields = [field for config in COMMANDS.values() for field in option_fields(config)]
    names = {field.name.replace("_", "-") for field in fields}
    choices = {choice for field in fields for choice in field.facts.choices}
    assert not names & (UNDERSTOOD.keys() | SUGGESTED.keys())
    assert set(UNDERSTOOD.values()) <= names
    assert {meant.partition(" ")[0] for meant in SUGGESTED.values()} <= names | choices


@pytest.mark.parametrize("flag", ["-m", "-n", "-o", "-q"])
def test_a_short_flag_means_one_thing(flag: str) -> None:
    meanings = {
        field.name
        for config in COMMANDS.values()
        for field in option_fields(config)
        if flag in field.facts.flags
    }
    assert len(meanings) <= 1
