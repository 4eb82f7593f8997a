"""How long ``xaitool --help`` takes, beside an interpreter that does nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

from tests.benchmarks.measure import Row, seconds


def run() -> list[Row]:
    """Help of the program and of its longest command."""
    cases = {"--help": ["--help"], "explain --help": ["explain", "--help"]}
    return [_row(case, arguments) for case, arguments in cases.items()]


def _row(case: str, arguments: list[str]) -> Row:
    ours, peer = seconds(_process("-m", "xaitool", *arguments), _process("-c", "pass"), rounds=15)
    return Row("startup", case, ours, peer, "python -c pass", "s", target=15)


def _process(*arguments: str) -> Callable[[], object]:
    return lambda: subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
