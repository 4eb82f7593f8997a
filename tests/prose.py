"""What is written for users, README, manual and measured results, as tests read it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import typer

from tests.manual_tables import chapters
from xaitool.cli.program import build_app

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
RESULTS = sorted((ROOT / "tests" / "benchmarks" / "results").glob("*.md"))
FILES = [README, *chapters(), *RESULTS]

FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SPAN = re.compile(r"`([^`]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
FLAG = re.compile(r"(?<![\w-])(--[a-z][\w-]*|-[a-z])(?![\w-])")
LONG_FLAG = re.compile(r"(?<![\w-])--[a-z][\w-]*")
# These need what a test machine may not have: an installation, a download, a batch system.
ELSEWHERE = ("pip install", "# needs", "#SBATCH")
# Their flags are not ours.
OTHER_PROGRAMS = ("#SBATCH", "python ", "pip ", "find ", "tensorboard ")


class Block(NamedTuple):
    """A fenced block of a file: its language, and its lines."""

    language: str
    text: str

    @property
    def runs_anywhere(self) -> bool:
        """Whether it needs nothing but xaitool and what the blocks above it made."""
        return self.language in ("sh", "python") and not self.text.startswith(ELSEWHERE)


def blocks(path: Path) -> list[Block]:
    """The fenced blocks of a file, from top to bottom."""
    return [Block(*found) for found in FENCED.findall(path.read_text())]


def spans(path: Path) -> list[str]:
    """What stands in backticks in the text between the blocks."""
    return SPAN.findall(FENCED.sub("", path.read_text()))


def links(path: Path) -> list[str]:
    """Where the links and pictures of a file lead to within the project."""
    return [link for link in LINK.findall(path.read_text()) if "://" not in link]


def anchors(path: Path) -> set[str]:
    """The names by which a link reaches the headings of a file."""
    headings = re.findall(r"^#+ (.*)$", FENCED.sub("", path.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def program_flags() -> dict[str, set[str]]:
    """The flags of each command, such as ``recommend fit``, as its ``--help`` shows them."""
    program: Any = typer.main.get_command(build_app())
    return dict(_flags_below(program, ""))


def _flags_below(command: Any, name: str) -> Iterator[tuple[str, set[str]]]:
    flags = {flag for option in command.params for flag in (*option.opts, *option.secondary_opts)}
    yield name, {*flags, "--help", "-h"}
    for inner in getattr(command, "lazy", ()):
        yield from _flags_below(command.get_command(None, inner), f"{name} {inner}".strip())


def flags_of_commands(path: Path, commands: set[str]) -> Iterator[tuple[str, str]]:
    """Command and flag, wherever a file writes a flag after the name of its command."""
    either = "|".join(sorted(filter(None, commands), key=len, reverse=True))
    invocation = re.compile(rf'(?<![\w-])({either})(?![\w-])([^\n;|&)"]*)')
    for code in (*_commands(path), *spans(path)):
        for name, arguments in invocation.findall(code):
            yield from ((name, flag) for flag in FLAG.findall(arguments))


def flags(path: Path) -> Iterator[str]:
    """Every long flag that a file names, whatever stands before it."""
    for code in (*_commands(path), *spans(path)):
        if not code.startswith(OTHER_PROGRAMS):
            yield from LONG_FLAG.findall(code)


def _commands(path: Path) -> Iterator[str]:
    for block in blocks(path):
        if block.language == "sh":
            yield from block.text.replace("\\\n", " ").splitlines()
