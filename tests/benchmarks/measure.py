"""Interleaved timing of a pair, and what a benchmark reports."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One comparison.

    Attributes:
        benchmark: The benchmark's name.
        case: What was done.
        ours: Median of ours, in `unit`.
        peer: Median of the peer's.
        peer_name: Who the peer is.
        unit: Such as ``s``; less is better.
        target: Largest allowed ratio of ours to the peer's.
    """

    benchmark: str
    case: str
    ours: float
    peer: float
    peer_name: str
    unit: str
    target: float

    @property
    def ratio(self) -> float:
        """Ours over the peer's."""
        return self.ours / self.peer

    @property
    def holds(self) -> bool:
        """Whether the target is met."""
        return self.ratio <= self.target

    def as_dict(self) -> dict[str, object]:
        """The row as one JSON line has it."""
        return {
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


def seconds(
    ours: Callable[[], object], peer: Callable[[], object], rounds: int
) -> tuple[float, float]:
    """Median seconds of each, in turns, as machines are noisy; the first turn is not counted."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds + 1):
        for function, taken in zip((ours, peer), times, strict=True):
            start = time.perf_counter()
            function()
            taken.append(time.perf_counter() - start)
    return statistics.median(times[0][1:]), statistics.median(times[1][1:])
