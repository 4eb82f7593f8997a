"""Ctrl-C where nothing is saved: one line and status 130, from the first moment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from tests.cli.conftest import Invoke, Refused

INTERRUPTED_IMPORT = """
import os, signal, sys
from xaitool.cli.app import main

class Finder:
    def find_spec(self, name, *_):
        if name == sys.argv[1]:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Finder())
main()
"""


@pytest.mark.parametrize("module", ["xaitool.cli.output", "typer", "torch"])
def test_ctrl_c_while_the_program_starts(module: str) -> None:
    result = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_IMPORT.replace("sys.argv[1]", repr(module)),
         "train-gan", "--dry-run", "-q"],
        capture_output=True,
        text=True,
        timeout=60,
    )  # fmt: skip
    assert (result.returncode, result.stdout) == (130, "")
    assert result.stderr == "error: stopped by SIGINT\n"


@pytest.mark.parametrize("surfaces_as", [None, RuntimeError])
def test_ctrl_c_where_nothing_is_saved(
    surfaces_as: type[Exception] | None,
    invoke: Invoke,
    refused: Refused,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupted(*_: object) -> None:
        try:
            os.kill(os.getpid(), signal.SIGINT)
        except KeyboardInterrupt as error:
            if surfaces_as is None:
                raise
            raise surfaces_as("a library's own words") from error

    monkeypatch.setattr("xaitool.workflows.gans.train_gan.train_gan", interrupted)
    try:
        refused(invoke("train-gan"), "stopped by SIGINT", status=130)
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def test_ctrl_c_while_a_shell_completes_is_silent() -> None:
    result = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_IMPORT.replace("sys.argv[1]", "'typer'")],
        env={**os.environ, "_XAITOOL_COMPLETE": "bash", "_XAITOOL_LINE": "xaitool explain --me"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (result.stdout, result.stderr) == ("", "")
    assert result.returncode == -signal.SIGINT
