"""Figures of what is measured of attribution files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from xaitool.registry.entry import Drawing
from xaitool.report.line_panels import Line, line_panels
from xaitool.workflows.evaluation.drawable import DrawableRow, Row, heading

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_pixel_curves(
    rows: Sequence[Row], names: Mapping[str, str], drawing: Drawing
) -> Figure | None:
    """The mean curve behind the area of insertion or deletion, a line for each file."""
    seen = [row for row in rows if isinstance(row, DrawableRow) and row["value"] is not None]
    if not seen:
        return None
    parts = [
        part
        for part in ("source", "method", "baseline", "channel_sum")
        if len({row.get(part) for row in seen}) > 1
    ]
    lines = {}
    for row in seen:
        told = [str(row[part]) for part in parts if row.get(part) is not None]
        if "source" in parts or not told:
            told[: "source" in parts] = [names[str(row["source"])]]
        label = f"{', '.join(told)} (area {row['value']:.3g})"
        lines[label] = Line(row.drawn["fractions"], row.drawn["curve"])
    which = seen[0]["metric"]
    return line_panels(
        {"": lines},
        title=heading(drawing.title, names),
        x_label=f"share of the pixels {'shown' if which == 'insertion' else 'removed'}",
        y_label="mean probability of the explained class",
        shares=True,
    )
