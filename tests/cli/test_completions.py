"""Shell completions: the files are current, and TAB finds names."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "completions"
PROGRAMS = Path(sys.executable).parent
COMPLETED = [
    ("xaitool train-g", "train-gan"),
    ("xaitool recommend f", "fit"),
    ("xaitool train-gan --ref", "--references"),
    ("xaitool train-gan --xai sh", "shap"),
    ("xaitool explain --method integ", "integrated-gradients"),
]


def shell(name: str, script: str) -> list[str]:
    """The lines that a shell prints, with the program on its path."""
    if shutil.which(name) is None or not (PROGRAMS / "xaitool").exists():
        pytest.skip(f"{name} or the installed program is missing")
    result = subprocess.run(
        [name, "-c", script],
        env={**os.environ, "PATH": f"{PROGRAMS}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stderr == ""
    return result.stdout.split()


def completions(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "xaitool.cli.completions", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )


def test_they_are_current() -> None:
    result = completions("--check")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_write_and_check(tmp_path: Path) -> None:
    assert completions("--write", str(tmp_path)).returncode == 0
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {path.name for path in FOLDER.iterdir()}
    (tmp_path / "_xaitool").write_text("old")
    result = completions("--check", str(tmp_path))
    assert result.returncode == 1
    assert "_xaitool is out of date" in result.stderr
    assert completions().returncode == 2


@pytest.mark.parametrize(("line", "found"), COMPLETED)
def test_bash(line: str, found: str) -> None:
    words = line.split()
    script = (
        f"source {FOLDER / 'xaitool.bash'}; COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; "
        "_xaitool_completion xaitool; printf '%s\\n' \"${COMPREPLY[@]}\""
    )
    assert found in shell("bash", script)


@pytest.mark.parametrize(("line", "found"), COMPLETED)
def test_fish(line: str, found: str) -> None:
    script = f"source {FOLDER / 'xaitool.fish'}; complete --do-complete '{line}'"
    assert found in shell("fish", script)


def test_zsh() -> None:
    script = f"""
        fpath=({FOLDER} $fpath)
        autoload -Uz compinit; compinit -u -D
        _describe() {{ print -l ${{(P)2}} }}
        _arguments() {{ print -l "$@" }}
        words=(xaitool train-g); CURRENT=2
        _xaitool
    """
    assert any("train-gan" in word for word in shell("zsh", script))
