"""Flags from an option dataclass, tried on a command of the tests' own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest
import typer
from typer.testing import CliRunner

from xaitool.cli.options import add_command
from xaitool.cli.output import Output
from xaitool.errors import ConfigError, XaitoolError
from xaitool.options import Options, option, with_presets


@dataclass(frozen=True, kw_only=True)
class Common(Options):
    """What commands share."""

    device: str = option("auto", "Device.", envvar="WALK_DEVICE", role="run")


@with_presets({"plain": {}, "quick": {"steps": 2, "rates": (0.5, 1.0)}})
@dataclass(frozen=True, kw_only=True)
class Walk(Common):
    """One option of every form."""

    main: ClassVar[tuple[str, ...]] = ("places", "preset", "names")

    places: tuple[str, ...] = option((), "Places.", argument=True, repeated=True, unit="PLACE")
    steps: int = option(5, "Steps.", minimum=1, maximum=9, flags=("-s",))
    rates: tuple[float, ...] | None = option(None, "Rates.")
    names: tuple[str, ...] = option(("a",), "Names.", repeated=True)
    gait: str = option(
        "walk", "Gait.", choices={"walk": "slow", "run": "fast"}, formerly="pace", panel="Feet"
    )
    preset: str = option("plain", "Preset.", choices=("plain", "quick"), what="preset", role="run")


class Walked:
    """The command, and the options that it was called with."""

    def __init__(self) -> None:
        self.options: list[Walk] = []
        self.app = typer.Typer(rich_markup_mode=None)
        add_command(self.app, "walk", Walk, self._run, "Go.")
        self.app.command("other")(lambda: None)

    def _run(self, options: Walk, output: Output) -> None:
        self.options.append(options)

    def __call__(self, *arguments: str, **environment: str) -> Walk:
        result = CliRunner().invoke(self.app, ["walk", *arguments], env=environment)
        if result.exception:
            raise result.exception
        return self.options[-1]


@pytest.fixture
def walk() -> Walked:
    return Walked()


def test_every_form_of_an_option(walk: Walked) -> None:
    assert walk() == Walk()
    given = walk("-s", "1", "--rates", "0.5,1/4", "--names", "b", "--names", "c", "here", "there")
    assert given == Walk(steps=1, rates=(0.5, 0.25), names=("b", "c"), places=("here", "there"))


def test_flag_environment_file_and_preset_in_this_order(walk: Walked, tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text('steps = 3\ngait = "run"\ndevice = "of the file"\n')
    line = ("--preset", "quick", "--config", str(file))
    found = walk(*line, WALK_DEVICE="of the environment")
    assert (found.steps, found.gait, found.rates) == (3, "run", (0.5, 1.0))
    assert found.device == "of the environment"
    found = walk(*line, "--steps", "4", "--device", "of the flag", WALK_DEVICE="x")
    assert (found.steps, found.device) == (4, "of the flag")


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        ("--steps 0", "--steps is 0, but at least 1 and at most 9 is wanted", None),
        ("--steps 1.5", "--steps is '1.5', but a whole number is wanted", None),
        ("--gait jog", "unknown name 'jog'", "one of: walk, run"),
        ("--pace run", "--pace is 'run', but walk calls it --gait", "--gait run"),
        ("--preset quik", "unknown preset 'quik'; did you mean 'quick'?", "one of: plain, quick"),
    ],
)
def test_refused(line: str, message: str, hint: str | None, walk: Walked) -> None:
    with pytest.raises(XaitoolError) as caught:
        walk(*line.split())
    assert (str(caught.value), caught.value.hint) == (message, hint)
    assert walk.options == []


def test_a_file_of_another_command_is_refused(walk: Walked, tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text('{"command": "swim", "options": {"steps": 3}}')
    with pytest.raises(ConfigError, match="is of 'swim', but 'walk' reads it"):
        walk("--config", str(file))


def test_help_shows_its_own_options_first_with_their_range_and_no_former_name(
    walk: Walked,
) -> None:
    text = CliRunner().invoke(walk.app, ["walk", "--help"]).stdout
    assert "(at least 1 and at most 9)" in text
    assert "--gait walk|run Gait. See --list. [default: walk]" in " ".join(text.split())
    assert "[OPTIONS] [PLACE]" in text
    names = ["PLACE ", "--preset", "--names", "--list", "-s, --steps", "--rates", "--device"]
    places = [text.index(f"\n  {name}") for name in [*names, "--gait", "--json", "--config"]]
    assert places == sorted(places)
    assert "--pace" not in text


def test_a_list_is_printed_in_place_of_the_work(walk: Walked) -> None:
    result = CliRunner().invoke(walk.app, ["walk", "--list"])
    assert (result.exit_code, walk.options) == (0, [])
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    presets = ["--preset:", "plain", "quick --steps 2 --rates 0.5,1.0"]
    assert lines == [*presets, "", "--gait:", "walk slow", "run fast"]
