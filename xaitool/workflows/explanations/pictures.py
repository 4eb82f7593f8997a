"""The pictures that ``explain`` puts beside an attribution file."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import cast

from PIL import Image
from torch import Tensor

from xaitool.io.atomic import remove_partials, write_png
from xaitool.io.attribution_layout import AttributionRows
from xaitool.io.attributions import AttributionFile
from xaitool.io.folders import make_folder, remove_files
from xaitool.report.attribution_grid import GridRow, attribution_grid
from xaitool.report.class_maps import class_maps_picture
from xaitool.report.heat_map import heat_map_picture
from xaitool.report.path_picture import path_picture
from xaitool.report.text import number, shortened
from xaitool.workflows.configs.explain import ExplainConfig
from xaitool.workflows.explanations.class_choice import TOP, class_label
from xaitool.workflows.explanations.network_answer import answer_text, answers, rank
from xaitool.workflows.explanations.plan import PlannedFile
from xaitool.workflows.runs.progress import Reporter

# What a heat map is called.
NAME = r"[0-9]{6}-.*\.png"

# Bytes of a file name are limited, and a letter may take four.
LONGEST_NAME = 50
LONGEST_TITLE = 60

# More classes make a picture that nobody can look at.
MOST_CLASSES = 60

Explained = tuple[int, int]
"""An image, by its place, and its target."""


class HeatMaps:
    """Heat maps, and paths, of some of the images that were asked for, one PNG each.

    They are chosen by their places among all images, so that a run that was interrupted and
    continued makes the same ones.

    Args:
        setup: Of the attribution file; the folder ``NAME-heat-maps`` lies beside it.
        config: The options of the command.
        classes: Class names; empty where unknown.
        places: Which images.
    """

    def __init__(
        self,
        setup: PlannedFile,
        config: ExplainConfig,
        *,
        classes: tuple[str, ...],
        places: Collection[int],
    ) -> None:
        self.folder = setup.heat_maps
        self.title = setup.title
        self.output = setup.output
        self.rendering = config.drawn
        self.classes = classes
        self.several = TOP.fullmatch(config.target) is not None
        self.places = frozenset(places)
        self.replace = config.overwrite and not config.resume

    def tidy(self) -> None:
        """Remove what a killed run left half-written; only for who may write the file."""
        remove_partials(self.folder, NAME)

    def write(self, rows: AttributionRows) -> list[Path | None]:
        """Write those of some samples; None for a sample that gets none."""
        if self.replace:
            self.replace = False
            remove_files(self.folder, re.compile(NAME))
        return [
            self._write_picture(rows, row, index) if index in self.places else None
            for row, index in enumerate(rows.index.tolist())
        ]

    def write_paths(self, rows: AttributionRows) -> list[Path | None]:
        """Write the paths to some samples, after `write`; None for a sample that gets none."""
        return [
            self._save(rows, row, index, self._path(rows, row), "-path")
            if rows.path is not None and index in self.places
            else None
            for row, index in enumerate(rows.index.tolist())
        ]

    def _write_picture(self, rows: AttributionRows, row: int, index: int) -> Path:
        picture = self._class_maps if "class_values" in rows.extra else self._heat_map
        return self._save(rows, row, index, picture(rows, row))

    def _save(
        self, rows: AttributionRows, row: int, index: int, picture: Image.Image, kind: str = ""
    ) -> Path:
        make_folder(self.folder)
        name = re.sub(r"[^\w.-]+", "-", Path(rows.filename[row]).stem)[:LONGEST_NAME]
        place = f"-top{rank(rows, row)}" if self.several else ""
        path = self.folder / f"{index:06d}-{name}{place}{kind}.png"
        write_png(path, picture)
        return path

    def _heat_map(self, rows: AttributionRows, row: int) -> Image.Image:
        return heat_map_picture(
            rows.input[row].float(),
            rows.attribution[row].float(),
            caption=self._caption(rows, row),
            rendering=self.rendering,
            baseline=None if rows.baseline is None else worth_seeing(rows.baseline[row].float()),
        )

    def _path(self, rows: AttributionRows, row: int) -> Image.Image:
        points = cast(Tensor, rows.path)[row]
        return path_picture(
            points.float(),
            rows.input[row].float(),
            rows.attribution[row].float(),
            caption=self._caption(rows, row),
            rendering=self.rendering,
        )

    def _class_maps(self, rows: AttributionRows, row: int) -> Image.Image:
        columns = _shown_columns(rows, row)
        chosen = rows.extra["classes"][row]
        return class_maps_picture(
            rows.input[row].float(),
            [rows.extra["class_values"][row, column].float() for column in columns],
            [class_label(int(chosen[column]), self.classes) for column in columns],
            caption=self._caption(rows, row),
            rendering=self.rendering,
        )

    def _caption(self, rows: AttributionRows, row: int) -> list[str]:
        score, gap = float(rows.score_input[row]), float(rows.completeness_gap[row])
        promise = "" if math.isnan(gap) else f", completeness gap {number(gap, '.2g')}"
        climbed = classes_reached(rows, row)
        arrived = "" if climbed is None else f", {climbed[0]} of {climbed[1]} classes reached"
        each = " against each class" if "class_values" in rows.extra else ""
        return [
            " ".join(image_name(rows, row, self.classes)),
            f"{self.title}, explained: {' '.join(question(rows, row, self.classes))}{each}",
            f"{self.output} {number(score, '.4g')}{promise}{arrived}",
            f"the model says: {answer_text(answers(rows, row, self.classes))}",
        ]


def image_name(rows: AttributionRows, row: int, classes: tuple[str, ...]) -> list[str]:
    """Which sample it is, such as ``a.png,`` and ``label goldfish``, where that is known."""
    name, label = shortened(rows.filename[row], LONGEST_TITLE), int(rows.label[row])
    return [name] if label < 0 else [f"{name},", f"label {class_label(label, classes)}"]


def question(rows: AttributionRows, row: int, classes: tuple[str, ...]) -> list[str]:
    """What was explained of a sample, such as ``goldfish`` and ``against axolotl``."""
    target, against = int(rows.target[row]), int(rows.against[row])
    versus = [f"against {class_label(against, classes)}"] if against >= 0 else []
    return [class_label(target, classes), *versus]


def classes_reached(rows: AttributionRows, row: int) -> tuple[int, int] | None:
    """How many classes AGI reached from a sample, and of how many; None for other methods."""
    if "reached" not in rows.extra:
        return None
    climbed = rows.extra["classes"][row] >= 0
    return int((rows.extra["reached"][row] & climbed).sum()), int(climbed.sum())


def worth_seeing(baseline: Tensor) -> Tensor | None:
    """A baseline ``(C, H, W)``; None where it is of one colour."""
    return None if (baseline == baseline[:, :1, :1]).all() else baseline


def _shown_columns(rows: AttributionRows, row: int) -> list[int]:
    """Columns that hold a class; where there are too many, those of the most probable ones."""
    chosen = rows.extra["classes"][row]
    columns = (chosen >= 0).nonzero().squeeze(1)
    if len(columns) > MOST_CLASSES:
        likely = rows.prediction[row, chosen[columns]].topk(MOST_CLASSES).indices
        columns = columns[likely.sort().values]
    return [int(column) for column in columns]


def write_grid(
    setups: Sequence[PlannedFile],
    config: ExplainConfig,
    classes: tuple[str, ...],
    reporter: Reporter,
) -> Path:
    """Write the first images of some attribution files side by side.

    Images with several targets are there with all of them, but for a first one that has more than
    there may be rows.

    Args:
        setups: Those of the files, in the order of the columns; all of the same images.
        config: The options of the command.
        classes: Class names; empty where unknown.
        reporter: Told where the picture does not show everything.

    Returns:
        ``grid.png`` in the folder of several files, ``NAME-grid.png`` beside a single one.
    """
    first = setups[0].out
    path = first.with_name("grid.png" if len(setups) > 1 else f"{first.stem}-grid.png")
    contents = [_read(one.out, config.grid_images) for one in setups]
    baselines = _baselines(setups, contents)
    rows = _rows(contents, baselines, config.grid_images, classes)
    picture = attribution_grid(
        rows,
        [one.title.replace(", ", "\n") for one in setups],
        pictures=[f"baseline\n{name}" for name in baselines],
        rendering=config.drawn,
    )
    if config.resume or config.overwrite:
        remove_partials(path.parent.resolve(), re.escape(path.name))
    write_png(path, picture)
    if len(rows) < (total := max(_length(one.out) for one in setups)):
        reporter.message(
            f"{path.name} shows the first {len(rows)} of {total} explanations; --grid-images sets "
            "how many, at most"
        )
    return path


def _length(path: Path) -> int:
    with AttributionFile(path) as file:
        return len(file)


def _read(path: Path, most: int) -> AttributionRows:
    with AttributionFile(path) as file:
        index = cast(Tensor, file.column("index", slice(0, most + 1))).tolist()
        # Of an image whose targets do not all fit, none is shown.
        end = index.index(index[most]) if len(index) > most else 0
        return file.read(slice(0, end or most))


def _baselines(
    setups: Sequence[PlannedFile], contents: Sequence[AttributionRows]
) -> dict[str, dict[Explained, Tensor]]:
    """By name and by what is explained those that are worth seeing: methods may share one."""
    images_of: dict[str, dict[Explained, Tensor]] = {}
    for setup, rows in zip(setups, contents, strict=True):
        if setup.baseline is None or rows.baseline is None:
            continue
        seen = zip(_explained(rows), map(worth_seeing, rows.baseline), strict=True)
        images = {one: image for one, image in seen if image is not None}
        if images:
            images_of.setdefault(setup.baseline, {}).update(images)
    return images_of


def _rows(
    contents: Sequence[AttributionRows],
    baselines: dict[str, dict[Explained, Tensor]],
    most: int,
    classes: tuple[str, ...],
) -> list[GridRow]:
    images: dict[Explained, tuple[Tensor, list[str]]] = {}
    columns: list[dict[Explained, Tensor]] = []
    for rows in contents:
        explained = _explained(rows)
        columns.append(dict(zip(explained, rows.attribution, strict=True)))
        for row, one in enumerate(explained):
            images.setdefault(one, (rows.input[row], _label(rows, row, classes)))
    return [
        GridRow(
            image,
            label,
            [column.get(one) for column in columns],
            [of_image.get(one) for of_image in baselines.values()],
        )
        for one, (image, label) in sorted(images.items(), key=lambda item: item[0][0])[:most]
    ]


def _label(rows: AttributionRows, row: int, classes: tuple[str, ...]) -> list[str]:
    asked = " ".join(question(rows, row, classes))
    return [*image_name(rows, row, classes), f"explained: {asked}"]


def _explained(rows: AttributionRows) -> list[Explained]:
    return list(zip(rows.index.tolist(), rows.target.tolist(), strict=True))
