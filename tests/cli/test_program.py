"""The program with no command, and that it has every command."""

from __future__ import annotations

import pytest

from tests.cli.commands import COMMANDS
from tests.conftest import Program


@pytest.mark.parametrize("group", ["", "recommend"])
def test_a_group_alone_shows_its_help_and_fails(group: str, xaitool: Program) -> None:
    alone, asked = xaitool(*group.split()), xaitool(*group.split(), "--help")
    assert (alone.returncode, asked.returncode) == (2, 0)
    assert alone.stdout == asked.stdout
    for command in COMMANDS:
        above, _, name = command.rpartition(" ")
        assert (f"\n  {name} " in asked.stdout) == (above == group or name == "explain")


def test_version(xaitool: Program) -> None:
    result = xaitool("--version")
    assert (result.returncode, result.stdout, result.stderr) == (0, "xaitool 0.1.0\n", "")
