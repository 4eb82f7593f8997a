"""What ``evaluate --out`` draws of the rows that were measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from xaitool.registry import load_target
from xaitool.registry.entry import Drawing
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.drawable import Row, short_names
from xaitool.workflows.evaluation.picture_path import source_name
from xaitool.workflows.evaluation.subjects import Subject
from xaitool.workflows.runs.pictures import write_picture
from xaitool.workflows.runs.progress import Reporter


@dataclass(frozen=True)
class Measured:
    """What one pass over an artifact found.

    Attributes:
        subject: The artifact.
        metrics: Their registered names.
        rows: Of all of them.
    """

    subject: Subject
    metrics: tuple[str, ...]
    rows: Sequence[Row]


def write_pictures(
    measured: Sequence[Measured], config: EvaluateConfig, reporter: Reporter
) -> None:
    """Draw everything, and say where it is, or that there is none.

    Metrics of one quantity share a picture, and so do the artifacts of a kind, where the registry
    does not want one of each.

    Args:
        measured: What was found.
        config: Where pictures go; without ``--out`` none is drawn.
        reporter: Told of each.
    """
    if config.out is None:
        return
    for path, drawing, rows in _pictures(measured, config.out, config.figure_format):
        figure = load_target(drawing.picture)(rows, short_names(rows), drawing) if rows else None
        if figure is None:
            reporter.message(
                f"no picture of {path.stem}: too few values of '{drawing.quantity}' for one"
            )
        else:
            write_picture(path, figure, overwrite=config.overwrite)
            reporter.message(f"picture: {path}")


def _pictures(
    measured: Sequence[Measured], out: Path, file_format: str
) -> Iterator[tuple[Path, Drawing, list[Row]]]:
    """Path, drawing and rows of each picture, which has the name of its first metric."""
    found: dict[tuple[str, Drawing], tuple[str, dict[Path, list[Row]]]] = {}
    for one in measured:
        for name in one.metrics:
            drawing = one.subject.metrics[name].drawing
            if drawing is not None:
                _, rows_of = found.setdefault((one.subject.kind, drawing), (name, {}))
                rows_of.setdefault(one.subject.path, []).extend(_rows_of(name, one))
    for (_, drawing), (name, rows_of) in found.items():
        if drawing.together and len(rows_of) > 1:
            every = [row for rows in rows_of.values() for row in rows]
            yield out / f"{name}.{file_format}", drawing, every
            continue
        for source, rows in rows_of.items():
            yield out / f"{source_name(source)}-{name}.{file_format}", drawing, rows


def _rows_of(name: str, measured: Measured) -> list[Row]:
    """Rows of a metric: of its name, or of one that begins so, such as ``recall@10-random``."""

    def owner(row: Row) -> str:
        told = str(row["metric"])
        fitting = [one for one in measured.metrics if told.startswith((f"{one}-", f"{one}@"))]
        fitting += [one for one in measured.metrics if told == one]
        return max(fitting, key=len, default=measured.metrics[0])

    return [row for row in measured.rows if owner(row) == name]
