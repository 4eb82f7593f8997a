"""What every command shows on a terminal while it starts and works."""

from __future__ import annotations

import ast
import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

import xaitool.cli
from tests.trained import classifier_run

LIGHT = ("xaitool.workflows.configs", "xaitool.workflows.catalogue", "xaitool.workflows.runs.p")
COMMANDS = sorted(Path(xaitool.cli.__file__).parent.glob("*.py"))


@pytest.mark.parametrize("path", COMMANDS, ids=lambda path: path.stem)
def test_workflows_are_imported_while_a_word_is_shown(path: Path) -> None:
    tree = ast.parse(path.read_text())
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    waiting = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.With) and ast.unparse(node.items[0]) == "output.loading()"
    ]
    heavy, told = (
        {
            child.lineno
            for parent in parents
            for child in ast.walk(parent)
            if isinstance(child, ast.ImportFrom)
            and str(child.module).startswith("xaitool.workflows.")
            and not str(child.module).startswith(LIGHT)
        }
        for parents in (functions, waiting)
    )
    assert heavy == told


def test_on_a_terminal_of_80_columns(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    environment = {**os.environ, "TERM": "xterm", "TTY_COMPATIBLE": "1"}
    del environment["COLUMNS"]
    words = ["evaluate", str(classifier_run()), "-m", "accuracy", "--limit", "9", "--device", "cpu"]
    process = subprocess.Popen(
        [sys.executable, "-m", "xaitool", *words],
        cwd=tmp_path,
        env=environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    seen = b""
    while part := _read(ours):
        seen += part
    os.close(ours)
    assert process.wait() == 0
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen.decode())
    assert text.startswith("loading torch ...\r                 \rdevice: ")
    assert re.search(r"evaluate ━+ +9/9 image 0:00:00 left", text)
    assert re.search(r"\naccuracy +n +ece +confidence\r\n", text)
    assert max(map(len, re.split(r"[\r\n]+", text))) <= 80


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # nobody writes any more
        return b""
