"""Every command is killed at random moments, and the same command line goes on."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.cli.every_command.kills import CASES


@pytest.mark.slow
def test_every_command_goes_on_from_whatever_a_kill_left() -> None:
    command = [sys.executable, "-m", "tests.cli.every_command.kills", "--moments", "8"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=1200, check=False)
    assert ended.stderr == ""
    reports = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [report["command"] for report in reports] == list(CASES)
    for report in reports:
        assert report["failures"] == []
        assert report["kills"] >= 8
        assert report["survived"] == report["tried"]
