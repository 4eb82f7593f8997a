"""Every command is killed at random moments, and the same command line goes on."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.cli.kills import CASES


@pytest.fixture(scope="module")
def reports() -> dict[str, Any]:
    """Of each command, what `tests.cli.kills` tells of 20 kills."""
    command = [sys.executable, "-m", "tests.cli.kills", "--moments", "20"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=1200, check=False)
    assert ended.stderr == ""
    return {line["command"]: line for line in map(json.loads, ended.stdout.splitlines())}


@pytest.mark.slow
@pytest.mark.xdist_group("kills")  # they share the reports
@pytest.mark.parametrize("command", CASES)
def test_a_command_goes_on_from_whatever_a_kill_left(command: str, reports: dict[str, Any]) -> None:
    report = reports[command]
    assert report["failures"] == []
    assert report["kills"] >= 20
    assert report["survived"] == report["tried"]
