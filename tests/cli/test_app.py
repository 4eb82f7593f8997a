"""How the program ends: interrupted from outside, or with an error that nobody wrote a line for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import warnings

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


def test_a_path_that_is_too_long_is_wrong_input(invoke: Invoke, refused: Refused) -> None:
    long = "n" * 5000
    for line in (
        ("explain", "--model", long, "x.png"),
        ("explain", "--classes-file", long, "--model", "torchvision:resnet18", "x.png"),
        ("evaluate", long),
        ("train-gan", "--out", long),
        ("train-gan", "--resume", long),
        ("train-gan", "--config", long),
        ("train-gan", "--dataset", f"folder:{long}"),
    ):
        refused(invoke(*line, "-q"), "too long")


def test_warnings_of_libraries_never_stand_beside_an_error(
    invoke: Invoke, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    def warns(*_: object) -> dict[str, object]:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn("a library's\nown words", stacklevel=1)
        if fails:
            raise OSError(28, "No space left on device", "run/last.pt")
        return {}

    monkeypatch.setattr("xaitool.workflows.gans.train_gan.train_gan", warns)
    fails = True
    refused(invoke("train-gan"), "run/last.pt: No space left on device", status=1)
    fails = False
    result = invoke("train-gan")
    assert (result.returncode, result.stderr) == (0, "warning: a library's own words\n")


def test_memory_that_is_short_is_one_line(
    invoke: Invoke, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    def greedy(*_: object) -> None:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: 9 TB.\nsecond line")

    monkeypatch.setattr("xaitool.workflows.gans.train_gan.train_gan", greedy)
    refused(invoke("train-gan"), "memory of this machine does not suffice (Default", status=1)
