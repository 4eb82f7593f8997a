"""Curves of a run's metrics, one picture a chart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from xaitool.report.curves import curve_figure
from xaitool.workflows.runs.directory import RunDirectory
from xaitool.workflows.runs.pictures import write_picture


@dataclass(frozen=True)
class Chart:
    """What a picture of curves shows.

    Attributes:
        title: Above it.
        quantity: What its vertical axis is, with the unit.
        series: Each metric that it shows, to its name in words.
    """

    title: str
    quantity: str
    series: Mapping[str, str]


def write_curves(
    directory: RunDirectory, charts: Mapping[str, Chart], figure_format: str = "png"
) -> None:
    """Draw the metrics of all epochs so far into ``plots/``.

    Args:
        directory: The run.
        charts: Name of each picture to what it shows; what was not measured is left out.
        figure_format: ``png``, ``pdf`` or ``svg``.
    """
    entries = directory.metrics.read()
    for name, chart in charts.items():
        series = {
            words: [_number(entry.get(metric)) for entry in entries]
            for metric, words in chart.series.items()
            if any(_number(entry.get(metric)) is not None for entry in entries)
        }
        if not series:
            continue
        only = f": {next(iter(series))}" if len(series) == 1 < len(chart.series) else ""
        figure = curve_figure(
            series, title=f"{chart.title}{only}", x_label="epoch", y_label=chart.quantity
        )
        write_picture(directory.plots / f"{name}.{figure_format}", figure)


def _number(value: Any) -> float | None:
    return value if isinstance(value, int | float) else None
