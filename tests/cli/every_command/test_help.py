"""Help: whole, true, and fast, because nothing heavy is imported for it."""

from __future__ import annotations

import re
import subprocess
import sys
import time

import pytest

from tests.cli.commands import COMMANDS
from tests.cli.conftest import SHARED_FLAGS
from tests.conftest import Program
from xaitool.options import OptionField, option_fields, range_text

GROUPS = ["", "recommend"]
HEAVY = {"torch", "numpy", "h5py", "PIL", "torchvision", "sklearn", "matplotlib", "scipy"}
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
    """Without white space: a line may break at any hyphen."""
    return "".join(text.split())


def shown_default(field: OptionField) -> str | None:
    if field.facts.argument or any(field.default is hidden for hidden in (None, (), False)):
        return None
    values = field.default if isinstance(field.default, tuple) else (field.default,)
    return "default:" + ",".join(map(str, values))


@pytest.mark.parametrize("command", [*COMMANDS, *GROUPS])
def test_help_imports_nothing_heavy(command: str) -> None:
    result = subprocess.run(
        [sys.executable, "-c", MODULES_AFTER, *command.split(), "--help"],
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0
    assert result.stdout.startswith("Usage: ")
    imported = {name.partition(".")[0] for name in result.stderr.split()}
    assert "xaitool" in imported
    assert not imported & HEAVY


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_every_option_with_its_default(command: str, xaitool: Program) -> None:
    result = xaitool(*command.split(), "--help")
    assert result.returncode == 0
    assert result.stderr == ""
    options = re.split(r"\n  (?=-)", result.stdout)
    shown = {
        flag: flat(text) for text in options for flag in re.findall(r"^(?:-\w, )?(--[\w-]+)", text)
    }
    assert set(shown) >= SHARED_FLAGS
    for field in option_fields(COMMANDS[command]):
        if field.facts.argument:
            assert flat(field.facts.help) in flat(result.stdout)
            continue
        text = shown[field.flag]
        assert flat(field.facts.help) in text
        assert flat(range_text(field.facts)) in text
        assert (shown_default(field) or "") in text
        assert (field.facts.envvar or "") in text
        for flag in field.facts.flags:
            opposite = flag.startswith(" /")
            assert (f"{field.flag}{flag.strip()}" if opposite else f"{flag},{field.flag}") in text


@pytest.mark.parametrize("command", [*COMMANDS, *GROUPS])
def test_short_help_is_the_help(command: str, xaitool: Program) -> None:
    arguments = command.split()
    assert xaitool(*arguments, "-h").stdout == xaitool(*arguments, "--help").stdout


@pytest.mark.slow
@pytest.mark.parametrize("command", ["", "train-gan", "explain"])
def test_help_takes_less_than_a_third_of_a_second(command: str, xaitool: Program) -> None:
    def seconds() -> float:
        start = time.perf_counter()
        xaitool(*command.split(), "--help")
        return time.perf_counter() - start

    seconds()  # the first start may have to compile
    # The quickest: what else the machine does can only add to it.
    assert min(seconds() for _ in range(9)) < 0.3
