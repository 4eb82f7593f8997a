"""Kills every command at random moments and gives the same command line again.

    python -m tests.cli.every_command.kills --moments 200 --seed 7 --command explain

Half of the kills come at a random time, half just before a random change of the file system (a file
opened for writing, renamed or removed, a folder made), some twice in a row. Whatever is left, the
same command line, with its flag for going on, has to end well and to leave what an uninterrupted
run writes, byte for byte. A line of JSON for each command says how many were tried and survived,
and why others did not.

Everything runs in forks of this process, which has imported what they need and computed nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.warm_program import import_program

os.environ |= {"OMP_NUM_THREADS": "1", "TTY_COMPATIBLE": "0", "NO_COLOR": "1"}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
CHANGES = ("os.rename", "os.remove", "os.mkdir", "os.rmdir")
# What tells of times and dates, of which every run has its own.
OWN = re.compile(r"(.*/)?(status\.json|environment\.json|seconds\.png)|stderr")
# The cache has no lock that says that a writer is dead: its leftovers go after a day.
LEFT_FOR_A_DAY = re.compile(r"cache/.*\.partial")


@dataclass(frozen=True)
class Case:
    """A command line, and the flags with which the same one goes on after a stop."""

    line: str
    again: str


INPUTS = (
    "train-classifier --classes 0,1,2 --epochs 1 --out classifier",
    "train-gan --classes 0,1 --epochs 1 --xai none --latent 8 --fid-samples 0 --grid 4 --out gan",
)
CASES = {
    "train-gan": Case(
        "train-gan --classes 0,1 --epochs 2 --batch-size 100 --xai none --latent 8 --grid 4 "
        "--fid-samples 40 --out out",
        "--resume auto",
    ),
    "train-baseline-gan": Case(
        "train-baseline-gan --classifier ../inputs/classifier --epochs 2 --batch-size 16 "
        "--n-critic 2 --width 4 --blocks 1 --critic-layers 2 --judged 330 --grid 4 --out out",
        "--resume auto",
    ),
    "train-classifier": Case(
        "train-classifier --classes 0,1,2 --epochs 3 --out out", "--resume auto"
    ),
    "explain": Case(
        "explain --model ../inputs/classifier --dataset digits --limit 6 --batch-size 2 "
        "--heat-maps 5 --method saliency --method integrated-gradients --method-option steps=3 "
        "--out out",
        "--resume",
    ),
    "evaluate": Case(
        "evaluate ../inputs/gan --metric fid --metric kid --metric samples --samples 40 --json "
        "--out out",
        "--overwrite",
    ),
    "recommend fit": Case(
        "recommend fit --dataset synthetic-ratings:users=80,items=60,ratings=30,aspects=6 "
        "--factors 8 --epochs 6 --out out",
        "--overwrite",
    ),
}


@dataclass
class Report:
    """How the kills of a command went: in `tried` folders, in some of them two."""

    command: str
    kills: int = 0
    tried: int = 0
    failures: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        return {
            "command": self.command,
            "kills": self.kills,
            "tried": self.tried,
            "survived": self.tried - len(self.failures),
            "failures": self.failures,
        }


@dataclass(frozen=True)
class Ended:
    """How a fork ended: its exit status, the seconds it took, and the changes that it made."""

    status: int
    seconds: float
    changes: int


def warm_up() -> None:
    """Import what the commands need; make what they train on the way small."""
    import_program()
    from xaitool.io import attribution_writer
    from xaitool.workflows.features import lenet as feature_network

    attribution_writer.PART_BYTES = 1
    feature_network.RECIPE = feature_network.Recipe(epochs=1, least_steps=1)


def make_inputs(folder: Path) -> None:
    """Train what the commands read, in a fork, and import here whatever that imported."""
    folder.mkdir()
    for line in INPUTS:
        if run(folder, line).status:
            sys.exit((folder / "stderr").read_text())
    for name in (folder / "modules").read_text().split():
        # Some are made on the way and no module of a file.
        with contextlib.suppress(Exception):
            importlib.import_module(name)


def run(folder: Path, line: str, *, seconds: float = 600.0, changes: int = 0) -> Ended:
    """Run a command line in a folder, in a fork.

    Args:
        folder: Its working directory, which has its cache, too.
        line: What follows ``xaitool``.
        seconds: When it is killed.
        changes: Before which change of the file system it is killed; 0: before none.
    """
    reading, writing = os.pipe()
    started = time.monotonic()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _run_here(folder, line, changes, writing)
    os.close(writing)
    while lives := os.waitpid(child, os.WNOHANG) == (0, 0):
        if time.monotonic() - started >= seconds:
            break
        time.sleep(0.002)
    taken = time.monotonic() - started
    if lives:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    with os.fdopen(reading) as pipe:
        told = pipe.read().split()
    status, made = map(int, told) if told else (-signal.SIGKILL, 0)
    return Ended(status, taken, made)


def _run_here(folder: Path, line: str, changes: int, pipe: int) -> None:
    status = 1
    try:
        os.chdir(folder)
        os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
        os.environ.pop("XAITOOL_DATA", None)
        for number, name in ((1, "stdout"), (2, "stderr")):
            os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        counted = _count_changes(changes)
        status = _main(line)
        if folder.name == "inputs":
            Path("modules").write_text("\n".join(sys.modules))
        os.write(pipe, f"{status} {counted()}".encode())
    finally:
        os._exit(status)


def _main(line: str) -> int:
    from xaitool.cli.app import main

    sys.argv = ["xaitool", *line.split(" "), "--device", "cpu"]
    try:
        main()
    except SystemExit as ended:
        sys.stdout.flush()
        return int(ended.code or 0)
    return 0


def _count_changes(last: int) -> Callable[[], int]:
    """Count changes of the file system from here on; this process dies before the `last` one."""
    count = 0

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal count
        if event in CHANGES or (event == "open" and arguments[2] and arguments[2] & WRITING):
            count += 1
            if count == last:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)
    return lambda: count


def content(folder: Path) -> dict[str, bytes]:
    """What a command left, without times and dates."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        own = OWN.fullmatch(name) or LEFT_FOR_A_DAY.fullmatch(name)
        if path.is_file() and not own:
            timeless = path.name in ("metrics.jsonl", "stdout")
            found[name] = _timeless(path) if timeless else path.read_bytes()
    return found


def _timeless(path: Path) -> bytes:
    """Without what an ``explain`` that goes on tells only of what it did."""
    if path.read_bytes()[:1] != b"{":
        return b""
    return re.sub(rb'"[a-z_]*seconds": [0-9.e-]+', b"", path.read_bytes())


def differences(whole: dict[str, bytes], found: dict[str, bytes]) -> Iterator[str]:
    """What is missing, too much or otherwise."""
    for name in sorted(whole.keys() | found.keys()):
        if name not in found:
            yield f"{name} is missing"
        elif name not in whole:
            yield f"{name} is left"
        elif whole[name] != found[name]:
            yield f"{name} differs"


def kill(place: Path, command: str, moments: int, seed: int) -> Report:
    """Try a command.

    Args:
        place: A folder that has ``inputs``.
        command: One of `CASES`.
        moments: How many kills.
        seed: Of the moments.
    """
    case, report = CASES[command], Report(command)
    whole = _folder(place)
    usual = run(whole, case.line)
    if usual.status:
        report.tried = 1
        report.failures.append(f"without a kill: {(whole / 'stderr').read_text().strip()}")
        return report
    wanted = content(whole)
    draw = random.Random(f"{seed} {command}")
    while report.kills < moments:
        report.tried += 1
        folder = _folder(place)
        told: list[str] = []
        for _ in range(draw.choice((1, 1, 2))):
            report.kills += 1
            line = f"{case.line} {case.again}" if told else case.line
            told.append(_killed(folder, line, usual, draw, by_time=report.kills % 2 == 0))
        ended = run(folder, f"{case.line} {case.again}")
        if ended.status:
            wrong = [(folder / "stderr").read_text().strip().splitlines()[0]]
        else:
            wrong = list(differences(wanted, content(folder)))
        if wrong:
            report.failures.append(f"{', '.join(told)}: {'; '.join(wrong)}")
        shutil.rmtree(folder)
    return report


def _killed(folder: Path, line: str, usual: Ended, draw: random.Random, *, by_time: bool) -> str:
    if by_time:
        seconds = draw.uniform(0, usual.seconds)
        run(folder, line, seconds=seconds)
        return f"after {seconds:.3f} of {usual.seconds:.3f} s"
    change = draw.randint(1, usual.changes)
    run(folder, line, changes=change)
    return f"before change {change} of {usual.changes}"


def _folder(place: Path) -> Path:
    return Path(tempfile.mkdtemp(dir=place))


def main() -> None:
    """Try the commands that are asked for; exit with 1 if one does not survive."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--moments", type=int, default=20, help="kills of each command")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--command", action="append", choices=list(CASES))
    options = parser.parse_args()
    warm_up()
    reports = []
    with tempfile.TemporaryDirectory(prefix="xaitool-kills-") as place:
        make_inputs(Path(place, "inputs"))
        for command in options.command or CASES:
            reports.append(kill(Path(place), command, options.moments, options.seed))
            sys.stdout.write(json.dumps(reports[-1].to_dict()) + "\n")
            sys.stdout.flush()
    sys.exit(any(report.failures for report in reports))


if __name__ == "__main__":
    main()
