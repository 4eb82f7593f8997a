"""Whatever happens to a file: it is read rightly, or refused in one line, and nothing else happens.

``XAITOOL_FUZZ=200 pytest tests/fuzz -m slow`` tries more; every trial is named by its seed.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fuzz.damage import damage
from tests.fuzz.forked import Ended, run
from tests.fuzz.sound import KINDS, Kind
from tests.workflows.tiny_runs import make_quick

TRIALS = 3
MORE_TRIALS = int(os.environ.get("XAITOOL_FUZZ", "10"))


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    make_quick(monkeypatch)


def complaint(ended: Ended, folder: Path, *, may_lack_memory: bool = False) -> str | None:
    """What is wrong with the way in which a command ended; None if nothing is.

    Args:
        ended: How it ended.
        folder: Where it ran.
        may_lack_memory: Whether a person asked for what does not fit; no file may.
    """
    lines = [line for line in ended.stderr.splitlines() if line.startswith(("error:", "hint:"))]
    if (folder / "PWNED").exists():
        return "a file ran code"
    if ended.status == 0:
        return None if not lines and "Traceback" not in ended.stderr else "success with an error"
    lacks_memory = ended.status == 1 and "the memory of this machine" in ended.stderr
    if ended.status != 2 and not (lacks_memory and may_lack_memory):
        return f"exit status {ended.status}"
    last = ended.stderr.splitlines()[-len(lines) :]
    if not lines or last != lines or not lines[0].startswith("error:") or len(lines) > 2:
        return "no single error line at the end"
    if any(len(line) > 1000 or not line.isprintable() for line in lines):
        return "a line that no terminal shows"
    return "unexpected" if "unexpected" in lines[0] else None


def trial(name: str, seed: int, folder: Path) -> str | None:
    """One damage; what is wrong with how the program meets it, or None."""
    kind = KINDS[name]
    kind.make(folder)
    told = damage(folder / kind.file, random.Random(f"{name} {seed}"), plain=kind.plain)
    ended = run(folder, *kind.command)
    wrong = complaint(ended, folder)
    if wrong is None and ended.status == 0 and name == "checkpoint classifier":
        wrong = _other_figures(kind, ended, folder)
    return wrong and f"{name}, seed {seed}, {told}: {wrong}\n{ended.stderr[-2000:]}"


def _other_figures(kind: Kind, ended: Ended, folder: Path) -> str | None:
    """A changed weight must not be measured as if it were the saved one."""
    kind.make(folder)
    return None if run(folder, *kind.command).stdout == ended.stdout else "other figures"


def folders(tmp_path: Path, count: int) -> Iterator[tuple[int, Path]]:
    for seed in range(count):
        folder = tmp_path / str(seed)
        folder.mkdir()
        yield seed, folder
        shutil.rmtree(folder)


@pytest.mark.parametrize("name", KINDS)
def test_sound_files_are_read(name: str, tmp_path: Path) -> None:
    kind = KINDS[name]
    kind.make(tmp_path)
    ended = run(tmp_path, *kind.command)
    assert ended.status == 0, ended.stderr


@pytest.mark.parametrize("name", KINDS)
def test_damaged_files_are_refused_in_one_line(name: str, tmp_path: Path) -> None:
    found = [trial(name, seed, folder) for seed, folder in folders(tmp_path, TRIALS)]
    assert not any(found), "\n".join(filter(None, found))


@pytest.mark.slow
@pytest.mark.parametrize("name", KINDS)
def test_many_damaged_files(name: str, tmp_path: Path) -> None:
    found = [trial(name, seed, folder) for seed, folder in folders(tmp_path, MORE_TRIALS)]
    assert not any(found), "\n".join(filter(None, found))
