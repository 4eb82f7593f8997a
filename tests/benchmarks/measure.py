"""Interleaved timing of peers, and what a benchmark reports."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

Setting = TypeVar("Setting")


@dataclass(frozen=True)
class Row:
    """One comparison.

    Attributes:
        benchmark: The benchmark's name.
        case: What was done.
        ours: Median of ours, in `unit`.
        peer: Median of the peer's.
        peer_name: Who the peer is, and with which setting.
        unit: Such as ``s``; less is better.
        target: Largest allowed ratio of ours to the peer's.
        difference: How far the two results are apart, where both have one; `means` says in what.
        tolerance: Largest difference with which they count as the same result.
        means: What the difference is.
    """

    benchmark: str
    case: str
    ours: float
    peer: float
    peer_name: str
    unit: str
    target: float
    difference: float | None = None
    tolerance: float = math.inf
    means: str = ""

    @property
    def ratio(self) -> float:
        """Ours over the peer's."""
        return self.ours / self.peer

    @property
    def holds(self) -> bool:
        """Whether the target is met, with the same result."""
        return self.ratio <= self.target and (self.difference or 0) <= self.tolerance

    def as_dict(self) -> dict[str, object]:
        """The row as one JSON line has it."""
        facts: dict[str, object] = {
            "benchmark": self.benchmark,
            "case": self.case,
            "ours": self.ours,
            "peer": self.peer,
            "peer_name": self.peer_name,
            "unit": self.unit,
            "ratio": self.ratio,
            "target": self.target,
            "holds": self.holds,
        }
        if self.difference is not None:
            facts |= {
                "difference": self.difference,
                "tolerance": self.tolerance,
                "difference_means": self.means,
            }
        return facts

    def as_line(self) -> str:
        """The row as a table has it, under `HEADER`."""
        same = (
            ""
            if self.difference is None
            else f"; {self.means} {self.difference:.1e} of {self.tolerance:.0e}"
        )
        return (
            f"{self.case:34} {self.ours:8.3f} {self.peer:8.3f} {self.unit:3}"
            f" {1 / self.ratio:6.2f} {1 / self.target:6.2f}  {self.peer_name}{same}"
            + ("" if self.holds else "  MISSED")
        )


HEADER = (
    f"{'case':34} {'ours':>8} {'peer':>8} {'':3} {'peer/':>6} {'at':>6}\n"
    f"{'':34} {'':8} {'':8} {'':3} {'ours':>6} {'least':>6}  peer; difference of tolerance"
)


def seconds(
    *functions: Callable[[], object],
    rounds: int,
    warm: bool = True,
    finish: Callable[[], object] = lambda: None,
    summary: Callable[[list[float]], float] = statistics.median,
) -> list[float]:
    """Median seconds of each, in turns, as machines are noisy.

    Args:
        functions: What is timed.
        rounds: How many turns count.
        warm: Whether a first turn does not count.
        finish: Waits for what a function has left running on a device.
        summary: What else than the median, such as `min`.
    """
    times: list[list[float]] = [[] for _ in functions]
    for _ in range(rounds + warm):
        for function, taken in zip(functions, times, strict=True):
            finish()
            start = time.perf_counter()
            function()
            finish()
            taken.append(time.perf_counter() - start)
    return [summary(taken[warm:]) for taken in times]


def fastest(
    settings: Iterable[Setting],
    function: Callable[[Setting], object],
    finish: Callable[[], object] = lambda: None,
) -> Setting:
    """The setting with which a function of it takes least time."""
    settings = list(settings)
    calls = [lambda setting=setting: function(setting) for setting in settings]
    taken = seconds(*calls, rounds=1, finish=finish)
    return settings[taken.index(min(taken))]
