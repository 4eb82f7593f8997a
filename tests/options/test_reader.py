"""What reads some of a command's options: those that are declared fit their command."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from tests.cli.commands import COMMANDS
from xaitool.options import option_fields
from xaitool.options.reader import Reader


@pytest.mark.parametrize("command", COMMANDS)
def test_readers_read_options_that_their_command_has(command: str) -> None:
    config = COMMANDS[command]
    known = {field.name for field in option_fields(config)}
    for reader in config.readers:
        assert reader.reads, reader.name
        assert set(reader.reads) <= known, reader.name
        assert len(set(reader.reads)) == len(reader.reads), reader.name
        # Asked before anything runs: the defaults alone must be answer enough.
        assert reader.takes_part(config()) in (True, False), reader.name


def test_a_reader_cannot_be_changed() -> None:
    reader = Reader("--schedule steps", lambda config: True, ("milestones",))
    with pytest.raises(FrozenInstanceError):
        reader.name = "--schedule linear"  # type: ignore[misc]
