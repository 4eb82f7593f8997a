"""How long ``xaitool --help`` takes, beside an interpreter that does nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

from tests.benchmarks.measure import Row, seconds

ROUNDS = 40
"""Of which the quickest counts, with bytecode: what else a machine does can only add to a start."""


def run() -> list[Row]:
    """Help of the program and of its longest commands."""
    cases = {"--help": 8, "explain --help": 10, "evaluate --help": 10}
    return [_row(case, target) for case, target in cases.items()]


def _row(case: str, target: float) -> Row:
    calls = _process("-m", "xaitool", *case.split()), _process("-c", "pass")
    ours, peer = seconds(*calls, rounds=ROUNDS, summary=min)
    return Row("startup", case, ours, peer, "python -c pass", "s", target=target)


def _process(*arguments: str) -> Callable[[], object]:
    return lambda: subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
