"""Curves of a run's metrics, one picture a chart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xaitool.io.atomic import write_png
from xaitool.report.curves import curve_picture
from xaitool.workflows.runs.directory import RunDirectory
from xaitool.workflows.runs.progress import Reporter


def write_curves(directory: RunDirectory, charts: Mapping[str, tuple[str, ...]]) -> None:
    """Draw the metrics of all epochs so far into ``plots/``.

    Args:
        directory: The run.
        charts: Name of each picture to the metrics it shows; what was not measured is left out.
    """
    entries = directory.metrics.read()
    for name, metrics in charts.items():
        series = {
            metric: [_number(entry.get(metric)) for entry in entries]
            for metric in metrics
            if any(_number(entry.get(metric)) is not None for entry in entries)
        }
        if not series:
            continue
        picture = curve_picture(series, title=name, x_label="epoch", y_label=", ".join(series))
        write_png(directory.plots / f"{name}.png", picture)


def _number(value: Any) -> float | None:
    return value if isinstance(value, int | float) else None


def tell_pictures(directory: RunDirectory, reporter: Reporter) -> None:
    """Say in which folders of a run pictures lie."""
    for folder in (directory.samples, directory.plots):
        if count := len(list(folder.glob("*.png"))):
            reporter.message(f"{count} picture{'s' * (count > 1)}: {folder}")
