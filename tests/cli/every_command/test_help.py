"""Help and lists: whole, true, readable at 80 columns, and fast: nothing heavy is imported."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from tests.cli.commands import COMMANDS
from tests.cli.conftest import SHARED_FLAGS, Invoke
from tests.conftest import Program
from xaitool.cli.program import build_app
from xaitool.options import OptionField, Options, option_fields, range_text
from xaitool.workflows.catalogue import is_listed

GROUPS = ["", "recommend"]
LISTING = [
    command for command, config in COMMANDS.items() if any(map(is_listed, option_fields(config)))
]
TOP = ["--epochs", "--dataset", "--out", "--preset"]
HEAVY = {"torch", "numpy", "h5py", "PIL", "torchvision", "sklearn", "matplotlib", "scipy", "rich"}
MODULES_AFTER = """
import sys
from xaitool.cli.app import main
try:
    main()
except SystemExit as ended:
    print(*sys.modules, file=sys.stderr)
    sys.exit(ended.code)
"""


def flat(text: str) -> str:
    """Without white space: a line may break between any two words."""
    return "".join(text.split())


def shown_default(field: OptionField) -> str | None:
    if field.facts.argument or any(field.default is hidden for hidden in (None, (), False)):
        return None
    values = field.default if isinstance(field.default, tuple) else (field.default,)
    return "default:" + ",".join(map(str, values))


def sections(text: str) -> dict[str, str]:
    """Heading to what stands below it."""
    found = re.split(r"^(\w[\w ,;-]*):\n(?=  )", text, flags=re.MULTILINE)
    return dict(zip(found[1::2], found[2::2], strict=True))


def flags_of(section: str) -> list[str]:
    return re.findall(r"^  (?:-\w, )?(--[\w-]+)", section, re.MULTILINE)


def examples(text: str) -> Iterator[list[str]]:
    """The words of each command of ours among the indented lines that are shown as examples."""
    for heading, block in sections(text).items():
        if heading.startswith(("Examples", "Start here")):
            block = block.partition("\n\n")[0].replace("\\\n", " ")
            for line in filter(None, map(str.strip, block.splitlines())):
                words = shlex.split(line)
                start = words.index("xaitool") + 1
                shell = [place for place, word in enumerate(words) if word in "<>|"]
                yield words[start : next((one for one in shell if one > start), len(words))]


@pytest.mark.parametrize("command", [*COMMANDS, *GROUPS])
def test_help_imports_nothing_heavy(command: str) -> None:
    result = subprocess.run(
        [sys.executable, "-c", MODULES_AFTER, *command.split(), "--help"],
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0
    assert result.stdout.startswith("Usage: ")
    imported = result.stderr.split()
    assert "xaitool" in imported
    assert not {name.partition(".")[0] for name in imported} & HEAVY
    own = {kind.__module__ for kind in COMMANDS[command].__mro__} if command in COMMANDS else set()
    others = {config.__module__ for config in COMMANDS.values()} - own
    assert not others & set(imported)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_every_option_with_its_default(command: str, invoke: Invoke) -> None:
    result = invoke(*command.split(), "--help")
    assert (result.returncode, result.stderr) == (0, "")
    options = re.split(r"\n  (?=-)", result.stdout)
    shown = {
        flag: flat(text) for text in options for flag in re.findall(r"^(?:-\w, )?(--[\w-]+)", text)
    }
    assert set(shown) >= SHARED_FLAGS
    assert ("--list" in shown) == (command in LISTING)
    for field in option_fields(COMMANDS[command]):
        if field.facts.argument:
            assert flat(field.facts.help) in flat(result.stdout)
            continue
        text = shown[field.flag]
        assert flat(field.facts.help) in text
        assert flat(range_text(field.facts)) in text
        assert (shown_default(field) or "") in text
        assert (field.facts.envvar or "") in text
        assert not is_listed(field) or "ee--list" in text
        assert "See--list." in text or all(name in text for name in field.facts.choices)
        for flag in field.facts.flags:
            opposite = flag.startswith(" /")
            assert (f"{field.flag}{flag.strip()}" if opposite else f"{flag},{field.flag}") in text


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("command", [*COMMANDS, *GROUPS])
def test_nothing_is_cut_or_wider_than_the_screen(
    command: str, columns: int, invoke: Invoke
) -> None:
    lines = invoke(*command.split(), "--help", COLUMNS=str(columns)).stdout.splitlines()
    if command in LISTING:
        lines += invoke(*command.split(), "--list", COLUMNS=str(columns)).stdout.splitlines()
    assert max(map(len, lines)) <= columns
    assert not [line for line in lines if "…" in line or re.search(r"\w\.\.\.$", line)]


@pytest.mark.parametrize("command", COMMANDS)
def test_main_options_come_first_and_what_is_shared_last(command: str, invoke: Invoke) -> None:
    found = sections(invoke(*command.split(), "--help").stdout)
    panels = [name for name in found if name != "Examples"]
    assert panels[0] == "Main options"
    assert panels[-2:] == ["Output", "Run"]
    assert "--help" in flags_of(found["Run"])
    own = {field.flag for field in option_fields(COMMANDS[command])}
    main = flags_of(found["Main options"])
    wanted = [flag for flag in TOP if flag in own]
    assert main[: len(wanted)] == wanted


def test_the_help_of_the_program_says_where_to_start(invoke: Invoke) -> None:
    text = invoke("--help").stdout
    (start,) = (name for name in sections(text) if name.startswith("Start here"))
    assert text.index(start) < text.index("Commands:")
    assert [words[0] for words in examples(text)] == ["train-classifier", "explain", "evaluate"]


@pytest.mark.parametrize("command", [*COMMANDS, ""])
def test_examples_are_commands_that_exist(command: str, invoke: Invoke) -> None:
    """Their flags are the command's, and their values are such as it takes."""
    program: Any = typer.main.get_command(build_app())
    found = list(examples(invoke(*command.split(), "--help").stdout))
    assert found
    for words in found:
        group, name = program, words.pop(0)
        if name == "recommend":
            group, name = group.get_command(None, name), words.pop(0)
        context = group.get_command(None, name).make_context(name, words)
        config_class: type[Options] = context.command.callback.config_class
        known = {field.name for field in option_fields(config_class)}
        config_class(**{name: one for name, one in context.params.items() if name in known})


@pytest.mark.parametrize("command", [*COMMANDS, *GROUPS])
def test_short_help_is_the_help(command: str, invoke: Invoke) -> None:
    arguments = command.split()
    assert invoke(*arguments, "-h").stdout == invoke(*arguments, "--help").stdout


@pytest.mark.slow
@pytest.mark.parametrize("arguments", ["--help", "train-gan --help", "explain --help"])
def test_help_takes_less_than_a_third_of_a_second(arguments: str, xaitool: Program) -> None:
    assert quickest(arguments, xaitool) < 0.3


@pytest.mark.slow
@pytest.mark.parametrize("command", LISTING)
def test_a_list_takes_less_than_a_second(command: str, xaitool: Program) -> None:
    assert quickest(f"{command} --list", xaitool) < 1


def quickest(arguments: str, xaitool: Program) -> float:
    """Seconds of the quickest of some starts: what else the machine does can only add to it."""

    def seconds() -> float:
        start = time.perf_counter()
        xaitool(*arguments.split())
        return time.perf_counter() - start

    seconds()  # the first start may have to compile
    return min(seconds() for _ in range(9))


def test_what_is_about_image_files_is_of_commands_that_read_them() -> None:
    for command, config in COMMANDS.items():
        own = {field.name for field in option_fields(config)}
        assert ("workers" in own) == ("on_error" in own), command
        assert ("workers" in own) != command.startswith("recommend"), command
