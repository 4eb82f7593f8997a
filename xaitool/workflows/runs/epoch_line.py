"""What is said of an epoch when it is done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from xaitool.workflows.runs.curves import Chart

MOST_FIGURES = 5

WIDTH = 80
"""A line that no terminal breaks."""


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

    It has five figures at most, and no more than fit; ``metrics.jsonl`` has all.

    Args:
        epoch: From 1.
        epochs: Of the training.
        metrics: Of the epoch.
        telling: Names, the most telling first; what was not measured is left out.
    """
    names = dict.fromkeys(["seconds", *telling])
    figures = {
        name: f" {name}={metrics[name]:.4g}" for name in names if metrics.get(name) is not None
    }
    line = f"epoch {epoch}/{epochs}"
    seconds = figures.pop("seconds", "")
    room = WIDTH - len(seconds)
    for figure in list(figures.values())[: MOST_FIGURES - 1]:
        if len(line + figure) <= room:
            line += figure
    return line + seconds
