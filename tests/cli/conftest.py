"""The program in this process, where torch is imported already, and what a refusal looks like."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.cli.commands import COMMANDS
from tests.workflows.tiny_runs import make_quick
from xaitool.cli.app import main
from xaitool.options import option_fields

SHARED_FLAGS = {"--config", "--json", "--quiet", "--log-every", "--help"}
FLAGS = (
    {"--list"}
    | SHARED_FLAGS
    | {field.flag for config in COMMANDS.values() for field in option_fields(config)}
)


class Result(NamedTuple):
    """How a command ended; the names are those of `subprocess.CompletedProcess`."""

    returncode: int
    stdout: str
    stderr: str


Invoke = Callable[..., Result]
Refused = Callable[..., None]


@pytest.fixture
def invoke(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Invoke:
    """As the fixture `xaitool`, but in this process."""

    def run(*arguments: str | Path, **environment: str) -> Result:
        capfd.readouterr()
        with monkeypatch.context() as patch:
            patch.chdir(tmp_path)
            for name in ("XAITOOL_DATA", "XAITOOL_DEVICE"):
                patch.delenv(name, raising=False)
            patch.setattr(sys, "argv", ["xaitool", *map(str, arguments)])
            for name, value in environment.items():
                patch.setenv(name, value)
            with pytest.raises(SystemExit) as ended:
                main()
        return Result(int(ended.value.code or 0), *capfd.readouterr())

    return run


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    make_quick(monkeypatch)


@pytest.fixture
def refused() -> Refused:
    """Check that a command refused in one line, with what it should say in it."""

    def check(result: Result, message: str, hint: str = "", *, status: int = 2) -> None:
        lines = result.stderr.splitlines()
        assert result.returncode == status, result.stderr
        assert result.stdout == ""
        assert lines[0].startswith("error: "), result.stderr
        assert message in lines[0]
        assert [line.partition(":")[0] for line in lines[1:]] in ([], ["hint"]), result.stderr
        assert hint in "".join(lines[1:])
        assert set(re.findall(r"--[a-z][a-z-]*", "".join(lines[1:]))) <= FLAGS

    return check
