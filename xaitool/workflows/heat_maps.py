"""The pictures that ``explain`` puts beside an attribution file."""

from __future__ import annotations

import math
import re
from pathlib import Path

from xaitool.io.atomic import atomic_write
from xaitool.io.attribution_layout import AttributionRows
from xaitool.report.heat_map import heat_map_picture
from xaitool.workflows.class_choice import class_label

# Bytes of a file name are limited, and a letter may take four.
LONGEST_NAME = 50


class HeatMaps:
    """Heat maps of the first images that were asked for, one PNG each.

    They are chosen by their place among all images, so that a run that was interrupted and
    continued makes the same ones.

    Args:
        out: The attribution file; the folder ``NAME-heat-maps`` lies beside it.
        most: How many images, at most.
        title: What the caption begins with: the method.
        output: Scale of the score.
        classes: Class names; empty where unknown.
        replace: Whether an earlier run's pictures are removed first.
    """

    def __init__(
        self,
        out: Path,
        most: int,
        *,
        title: str,
        output: str,
        classes: tuple[str, ...],
        replace: bool,
    ) -> None:
        self.folder = out.with_name(f"{out.stem}-heat-maps")
        self.most = most
        self.title = title
        self.output = output
        self.classes = classes
        self.replace = replace

    def write(self, rows: AttributionRows) -> list[Path | None]:
        """Write those of some samples; None for a sample that gets none."""
        if self.replace:
            self.replace = False
            for path in self.folder.glob("[0-9]" * 6 + "-*.png"):
                path.unlink()
        return [
            self._write_one(rows, row, index) if index < self.most else None
            for row, index in enumerate(rows.index.tolist())
        ]

    def _write_one(self, rows: AttributionRows, row: int, index: int) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        name = re.sub(r"[^\w.-]+", "-", Path(rows.filename[row]).stem)[:LONGEST_NAME]
        path = self.folder / f"{index:06d}-{name}.png"
        picture = heat_map_picture(
            rows.input[row].float(), rows.attribution[row].float(), caption=self._caption(rows, row)
        )
        with atomic_write(path) as file:
            picture.save(file, format="PNG")
        return path

    def _caption(self, rows: AttributionRows, row: int) -> list[str]:
        target, against = int(rows.target[row]), int(rows.against[row])
        versus = "" if against < 0 else f" against {class_label(against, self.classes)}"
        score, gap = float(rows.score_input[row]), float(rows.completeness_gap[row])
        promise = "" if math.isnan(gap) else f", completeness gap {gap:.2g}"
        return [
            f"{self.title}: {class_label(target, self.classes)}{versus}",
            f"{self.output} {score:.4g}{promise}",
        ]
