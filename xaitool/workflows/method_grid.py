"""The picture of images x methods that ``explain`` makes from finished attribution files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from torch import Tensor

from xaitool.io.atomic import atomic_write, remove_partials
from xaitool.io.attribution_layout import AttributionRows
from xaitool.io.attributions import AttributionFile
from xaitool.report.attribution_grid import GridRow, attribution_grid
from xaitool.report.renderings import Rendering
from xaitool.workflows.configs.explain import ExplainConfig
from xaitool.workflows.explanations import PlannedExplanation
from xaitool.workflows.heat_maps import question, worth_seeing


def write_grid(
    explanations: Sequence[PlannedExplanation], config: ExplainConfig, classes: tuple[str, ...]
) -> Path:
    """Write the first images of some attribution files side by side.

    Args:
        explanations: Those of the files, in the order of the columns; all of the same images.
        config: The options of the command.
        classes: Class names; empty where unknown.

    Returns:
        ``grid.png`` in the folder of several files, ``NAME-grid.png`` beside a single one.
    """
    first = explanations[0].out
    path = first.with_name("grid.png" if len(explanations) > 1 else f"{first.stem}-grid.png")
    contents = [_read(one.out, config.grid_images) for one in explanations]
    baselines = _baselines(explanations, contents)
    picture = attribution_grid(
        _rows(contents, baselines, config.grid_images, classes),
        [one.title.replace(", ", "\n") for one in explanations],
        pictures=[f"baseline\n{name}" for name in baselines],
        rendering=cast(Rendering, config.rendering),
    )
    if config.resume or config.overwrite:
        remove_partials(path.parent.resolve(), re.escape(path.name))
    with atomic_write(path) as file:
        picture.save(file, format="PNG")
    return path


def _read(path: Path, most: int) -> AttributionRows:
    with AttributionFile(path) as file:
        return file.read(slice(0, most))


def _baselines(
    explanations: Sequence[PlannedExplanation], contents: Sequence[AttributionRows]
) -> dict[str, dict[int, Tensor]]:
    """By name and by the image's place those that are worth seeing: methods may share one."""
    found: dict[str, dict[int, Tensor]] = {}
    for explanation, rows in zip(explanations, contents, strict=True):
        if explanation.baseline is None or rows.baseline is None:
            continue
        seen = zip(rows.index.tolist(), map(worth_seeing, rows.baseline), strict=True)
        images = {place: image for place, image in seen if image is not None}
        if images:
            found.setdefault(explanation.baseline, {}).update(images)
    return found


def _rows(
    contents: Sequence[AttributionRows],
    baselines: dict[str, dict[int, Tensor]],
    most: int,
    classes: tuple[str, ...],
) -> list[GridRow]:
    images: dict[int, tuple[Tensor, list[str]]] = {}
    columns: list[dict[int, Tensor]] = []
    for rows in contents:
        places = rows.index.tolist()
        columns.append(dict(zip(places, rows.attribution, strict=True)))
        for row, place in enumerate(places):
            images.setdefault(place, (rows.input[row], question(rows, row, classes)))
    return [
        GridRow(
            image,
            label,
            [column.get(place) for column in columns],
            [of_image.get(place) for of_image in baselines.values()],
        )
        for place, (image, label) in sorted(images.items())[:most]
    ]
