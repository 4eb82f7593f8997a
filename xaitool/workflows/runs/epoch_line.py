"""What is said of an epoch when it is done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from xaitool.workflows.runs.curves import Chart

MOST_FIGURES = 5

WIDTH = 80
"""A line that no terminal breaks."""

NUMBER, SECONDS = 6, 5
"""Widths of numbers, as 0.1234 and -12.34."""


def telling_metrics(charts: Mapping[str, Chart], chosen_by: str | None) -> list[str]:
    """Names of metrics, those that say most first.

    Args:
        charts: What is drawn of a training, in this order; the first one is what it minimises.
        chosen_by: The metric that chooses the best epoch.
    """
    first, *others = (list(chart.series) for chart in charts.values())
    chosen = [] if chosen_by is None else [chosen_by]
    return [*first, *chosen, *(name for names in others for name in names)]


def epoch_line(epoch: int, epochs: int, metrics: Mapping[str, Any], telling: Iterable[str]) -> str:
    """A line such as ``epoch 2/10 loss=0.31 accuracy=0.9 seconds=1.2``.

    It has five figures at most, and no more than fit however large they are, so that all epochs
    have the same; ``metrics.jsonl`` has all.

    Args:
        epoch: From 1.
        epochs: Of the training.
        metrics: Of the epoch.
        telling: Names, the most telling first; what was not measured is left out.
    """
    names = dict.fromkeys(["seconds", *telling])
    measured = [name for name in names if metrics.get(name) is not None]
    line = f"epoch {epoch}/{epochs}"
    room = WIDTH - len(f"epoch {epochs}/{epochs}")
    room -= len(" seconds=") + SECONDS if "seconds" in measured else 0
    for name in [name for name in measured if name != "seconds"][: MOST_FIGURES - 1]:
        needed = len(f" {name}=") + NUMBER
        if needed <= room:
            room -= needed
            line += f" {name}={_within(NUMBER, metrics[name])}"
    if "seconds" in measured:
        line += f" seconds={_within(SECONDS, metrics['seconds'])}"
    return line


def _within(width: int, value: float) -> str:
    """Four digits, or as many as the width has room for; rather 12345 than 1.235e+04."""
    texts = [f"{value:.0f}"] if abs(value) >= 1000 else []
    texts += [f"{value:.{digits}g}" for digits in (4, 3, 2, 1)]
    return next((text for text in texts if len(text) <= width), texts[-1])
