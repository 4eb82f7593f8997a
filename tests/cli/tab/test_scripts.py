"""TAB in bash, zsh and fish."""

from __future__ import annotations

import contextlib
import os
import re
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Invoke
from xaitool.cli import completions

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "completions"
PROGRAMS = Path(sys.executable).parent
TAB, HOME, CTRL_C, CLEAR_LINE, RETURN = "\t", "\x01", "\x03", "\x15", "\r"
PROMPT = "READY> "

SHELLS = ("bash", "zsh", "fish")
START = {
    "bash": ("--norc", "--noprofile", "-i"),
    "zsh": ("-f", "-i"),
    "fish": ("--no-config", "-i"),
}
LOAD = {
    "bash": f"PS1='{PROMPT}'; bind 'set bell-style none'; source {FOLDER / 'xaitool.bash'}",
    "zsh": f"PS1='{PROMPT}'; bindkey -e; unsetopt beep; fpath=({FOLDER} $fpath); "
    "autoload -Uz compinit; compinit -u -D",
    "fish": f"function fish_prompt; echo -n '{PROMPT}'; end; source {FOLDER / 'xaitool.fish'}",
}
ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\].*?(?:\x07|\x1b\\)|[()].|[=>])")


class Shell:
    """An interactive shell on a terminal of 80 columns, in a folder."""

    def __init__(self, name: str, folder: Path, programs: Path) -> None:
        path = f"{programs}:{os.environ['PATH']}"
        facts = {"PATH": path, "TERM": "xterm", "COLUMNS": "80", "HOME": str(folder)}
        self.terminal, theirs = os.openpty()
        self.process = subprocess.Popen(
            ["setsid", "--ctty", name, *START[name]],
            cwd=folder,
            env={**os.environ, **facts},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        self.type(f"{LOAD[name]}; echo LOA''DED{RETURN}")
        self.read_until(f"LOADED.*{PROMPT}")

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self.terminal, keys.encode())

    def read_until(self, wanted: str, seconds: float = 20) -> str:
        """What is shown, without colours, up to what this pattern finds."""
        shown, end = "", time.monotonic() + seconds
        while not (found := re.search(wanted, ESCAPES.sub("", shown), re.DOTALL)):
            if not select.select([self.terminal], [], [], max(0, end - time.monotonic()))[0]:
                raise AssertionError(f"no {wanted!r} in {shown!r}")
            shown += os.read(self.terminal, 65536).decode(errors="replace")
        return found.string[: found.end()]

    def completed(self, line: str) -> str:
        """The last word of a line after one TAB."""
        self.type(f"{line}{TAB}{HOME}printf '<%s>\\n' END {RETURN}")
        shown = self.read_until(f"<END>.*{PROMPT}")
        return str(re.findall("<(.*?)>", shown)[-1])

    def close(self) -> None:
        """End it."""
        os.close(self.terminal)
        self.process.kill()
        self.process.wait()


@contextlib.contextmanager
def started(name: str, folder: Path, programs: Path = PROGRAMS) -> Iterator[Shell]:
    if shutil.which(name) is None or not (programs / "xaitool").exists():
        pytest.skip(f"{name} or the installed program is missing")
    shell = Shell(name, folder, programs)
    try:
        yield shell
    finally:
        shell.close()


@pytest.mark.parametrize("name", SHELLS)
def test_tab(name: str, tmp_path: Path) -> None:
    (tmp_path / "classifier").mkdir()
    (tmp_path / "classes.txt").touch()
    (tmp_path / "an image.png").touch()
    with started(name, tmp_path) as shell:
        assert shell.completed("xaitool explain --model torchvision:alex") == "torchvision:alexnet"
        line = "xaitool explain --dataset=biased-mnist:of=digits,lab"
        assert shell.completed(line) == "--dataset=biased-mnist:of=digits,label="
        assert shell.completed("xaitool evaluate cla").rstrip("/") == "classifier"
        assert (
            shell.completed("xaitool explain --dataset folder:cl").rstrip("/")
            == "folder:classifier"
        )
        assert shell.completed("xaitool explain --baseline image:an") == "image:an image.png"
        shell.type("xaitool explain --method s" + (TAB + TAB if name == "bash" else TAB))
        shown = shell.read_until("smooth-grad")
        assert ("gradient of the score at the input" in shown) == (name != "bash")


@pytest.mark.parametrize("name", SHELLS)
def test_ctrl_c_is_silent(name: str, tmp_path: Path) -> None:
    """Whatever the program says when it is interrupted while Python itself starts."""
    slow = tmp_path / "xaitool"
    slow.write_text(f"#!{sys.executable}\nopen('asked', 'w')\nimport time\ntime.sleep(9)\n")
    slow.chmod(0o755)
    with started(name, tmp_path, tmp_path) as shell:
        shell.type(f"xaitool explain --me{TAB}")
        while not (tmp_path / "asked").exists():
            time.sleep(0.01)
        shell.type(CTRL_C)
        time.sleep(0.2)
        shell.type(f"{CLEAR_LINE}  echo ALI''VE{RETURN}")
        shown = shell.read_until("ALIVE", seconds=5)
        assert "Traceback" not in shown
        assert "signal" not in shown


def test_the_program_shows_them(invoke: Invoke) -> None:
    for shell, name in completions.NAMES.items():
        assert invoke("--show-completion", shell).stdout == (FOLDER / name).read_text()
    refused = invoke("--show-completion", "tcsh")
    assert refused.returncode == 2
    assert refused.stderr.startswith("error: unknown shell 'tcsh'\n")
