"""Whatever value an option is given, by flag or by file: it is taken, or refused in one line.

``XAITOOL_FUZZ=200 pytest tests/fuzz -m slow`` tries more values of every option.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.commands import COMMANDS
from tests.fuzz.damage import TEXTS, VALUES
from tests.fuzz.forked import run
from tests.fuzz.test_damaged_files import complaint
from tests.trained import recommender_run, three_digits_run
from tests.workflows.tiny_runs import make_quick
from xaitool.options import OptionField, option_fields

VALUES_AN_OPTION = max(1, int(os.environ.get("XAITOOL_FUZZ", "10")) // 25)

SENDABLE = tuple(
    text for text in (*TEXTS, "caf\udce9") if "\x00" not in text and "\ud800" not in text
)
"""What an operating system can pass as an argument."""


def base(command: str) -> list[str]:
    """What a command needs beside the option that is tried; it does no long work."""
    classifier, recommender = str(three_digits_run()), str(recommender_run("svd"))
    return {
        "train-baseline-gan": ["--classifier", classifier, "--dry-run"],
        "explain": ["--model", classifier, "--dataset", "digits", "--limit", "1", "--dry-run"],
        "evaluate": [classifier, "--limit", "4", "--dry-run"],
        "recommend top": ["--model", recommender, "--user", "u1"],
        "recommend explain": ["--model", recommender, "--user", "u1", "--item", "i1"],
        "recommend preferences": ["--model", recommender, "--user", "u1"],
    }.get(command, ["--dry-run"])


def trials(count: int, kind: str) -> Iterator[tuple[str, OptionField, object]]:
    for command, config in COMMANDS.items():
        for field in option_fields(config):
            draw = random.Random(f"{kind} {command} {field.name}")
            for _ in range(count):
                yield command, field, draw.choice(SENDABLE if kind == "flag" else VALUES)


def complaint_about(
    folder: Path, command: str, field: OptionField, value: object, kind: str
) -> str | None:
    before = set(folder.parent.iterdir())
    if kind == "flag":
        given = [str(value)] if field.facts.argument else [f"{field.flag}={value}"]
    else:
        (folder / "hostile.json").write_text(json.dumps({field.name: value}))
        given = ["--config", "hostile.json"]
    needed = base(command)
    if field.flag in needed:
        place = needed.index(field.flag)
        del needed[place : place + (1 if field.type is bool else 2)]
    ended = run(folder, *command.split(), *needed, *given)
    wrong = complaint(ended, folder, may_lack_memory=True)
    if set(folder.parent.iterdir()) != before:
        wrong = "a file outside"
    return wrong and f"{command} {field.flag} {str(value)[:60]!r}: {wrong}\n{ended.stderr[-500:]}"


def check(chosen: list[tuple[str, OptionField, object]], kind: str, tmp_path: Path) -> None:
    folder = tmp_path / "inner"
    folder.mkdir()
    found = [complaint_about(folder, *one, kind) for one in chosen]
    assert not any(found), "\n".join(filter(None, found))


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    make_quick(monkeypatch)


@pytest.mark.parametrize("kind", ["flag", "file"])
def test_a_hostile_value_is_refused_in_one_line(kind: str, tmp_path: Path) -> None:
    check(random.Random(kind).sample(list(trials(1, kind)), 20), kind, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["flag", "file"])
def test_hostile_values_of_every_option(kind: str, tmp_path: Path) -> None:
    check(list(trials(VALUES_AN_OPTION, kind)), kind, tmp_path)
