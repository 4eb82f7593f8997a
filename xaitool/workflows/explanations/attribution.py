"""What a call from Python returns: an attribution that shows itself and goes into a file."""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from xaitool.core.attribution import base
from xaitool.errors import ConfigError, DataError, InputError
from xaitool.io.attribution_layout import AttributionRows, to_array
from xaitool.io.attribution_writer import AttributionWriter
from xaitool.report.attribution_axes import Pair, draw_attributions, figure_size
from xaitool.report.figure import figure_bytes, new_figure
from xaitool.report.renderings import Rendering
from xaitool.workflows.explanations.pictures import question

LINES = 8
WIDTH = 80
NAME = 20
# A notebook keeps the picture in its file, and shows it no larger than its own column.
DOTS_PER_INCH = 100


@dataclass(frozen=True, repr=False, eq=False, kw_only=True)
class Attribution(base.Attribution):
    """What a method says about N images; printed, a summary, and in a notebook the heat maps.

    Attributes:
        values: Signed contributions in units of the score, ``(N, C, H, W)``, detached, never
            normalised.
        score_input: Score at the input, ``(N,)``.
        score_baseline: Score at the baseline (a mean over several), ``(N,)``; NaN where the
            method has no baseline.
        completeness_gap: ``sum(values) - (score_input - score_baseline)``, ``(N,)``; NaN where the
            method promises none.
        extras: Method-specific tensors whose first dimension is N.
        score: What was explained: the classes, and the scale.
        samples: All of it as an attribution file keeps it, with ``input``, ``baseline`` where there
            is one a sample, and ``prediction``, the logits ``(N, K)``.
        record: What `save` writes about how it was made, as plain values.
        references: References ``(R, C, H, W)`` that all images share; None without.

    Example:
        >>> import torch
        >>> import xaitool
        >>> _ = torch.manual_seed(0)
        >>> model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(192, 10))
        >>> images = torch.rand(2, 3, 8, 8)
        >>> result = xaitool.attribute(model, images, "integrated-gradients", target=3)
        >>> explained = result.score_input - result.score_baseline
        >>> gap = result.values.sum((1, 2, 3)) - explained
        >>> torch.allclose(gap, result.completeness_gap, atol=1e-6)
        True
        >>> isinstance(result, xaitool.Attribution), result.score.target
        (True, tensor([3, 3]))

        Its heat maps as matplotlib's axes, and a file that ``xaitool evaluate`` reads:

        >>> result.plot().shape
        (2, 2)
        >>> import tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> result.save(f"{folder.name}/new/maps.h5").name
        'maps.h5'
        >>> folder.cleanup()
    """

    samples: AttributionRows
    record: dict[str, Any]
    references: Tensor | None = None

    def __repr__(self) -> str:
        count, *shape = self.values.shape
        method, *baseline = self._title.split(", ", 1)
        facts = {"score": self.record["score"], **self.record["method_options"]}
        head = [
            ", ".join([f"{method} of {_counted(count)} {tuple(shape)}", *baseline]),
            ", ".join(f"{name} {value}" for name, value in facts.items()),
        ]
        wrapped = [line for text in head for line in wrap(text, WIDTH)]
        more = [f"... and {count - LINES} more"] if count > LINES else []
        return "\n".join([*wrapped, *self._table(), *more])

    def plot(
        self, classes: Sequence[str] = (), *, rendering: Rendering = "signed", limit: int = LINES
    ) -> NDArray[np.object_]:
        """Draw the images beside their heat maps, in a new figure of matplotlib's pyplot.

        A notebook shows it, ``matplotlib.pyplot.show()`` elsewhere; ``axes[0, 0].figure.savefig``
        writes it.

        Args:
            classes: Names of the model's classes, for the titles.
            rendering: ``signed``, ``reversed``, ``absolute`` or ``percentile``, as ``explain``
                draws.
            limit: Most images that are drawn.

        Returns:
            The axes ``(N, 2)``: of each image, and of its heat map.

        Raises:
            ShapeError: There is no image, they are neither grey nor colour, or a value is NaN or
                infinite.
            UnknownNameError: There is no such rendering.
        """
        from matplotlib import pyplot

        count = min(limit, len(self.samples))
        figure = pyplot.figure(
            figsize=figure_size(self.samples.input[:count]), layout="constrained"
        )
        try:
            return self._draw(figure, tuple(classes), rendering, count)
        except InputError:
            pyplot.close(figure)
            raise

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Write an attribution file, as ``xaitool explain`` does, for ``xaitool evaluate``.

        It does not say which model was explained, because a module has no name: metrics that need
        it want ``xaitool evaluate FILE --model NAME``.

        Args:
            path: A name in ``.h5``; its folders are made.
            overwrite: Replace a file that is there.

        Returns:
            The file.

        Raises:
            ConfigError: There is a file already, or it cannot be written there.
            DataError: There is no image.
        """
        path = Path(path).expanduser()
        if path.suffix != ".h5":
            raise ConfigError(f"the file is {path}, but a name in .h5 is wanted")
        if path.is_file() and not overwrite:
            raise ConfigError(
                f"{path} exists, but a new file was asked for", hint="overwrite=True replaces it"
            )
        if not len(self.samples):
            raise DataError("there are no images, but at least one is wanted")
        pixels = to_array(self.samples.input, torch.float32).tobytes()
        facts = {"images": len(self.samples), "images_sha256": hashlib.sha256(pixels).hexdigest()}
        with AttributionWriter.create(
            path, self.record | facts, references=self.references, overwrite=overwrite
        ) as writer:
            writer.append(self.samples)
        return path

    def _repr_png_(self) -> bytes | None:
        """What a notebook shows; None where nothing can be drawn."""
        figure = new_figure(*figure_size(self.samples.input[:LINES]))
        figure.set_dpi(DOTS_PER_INCH)
        try:
            self._draw(figure, (), "signed", LINES)
        except InputError:
            return None
        return figure_bytes(figure, "png")

    def _draw(
        self, figure: Any, classes: tuple[str, ...], rendering: Rendering, limit: int
    ) -> NDArray[np.object_]:
        rows = self.samples
        pairs = [
            Pair(
                rows.input[row].float(),
                rows.attribution[row].float(),
                self._name(row),
                f"{'' if classes else 'class '}{' '.join(question(rows, row, classes))}, "
                f"{self.record['score']} {float(rows.score_input[row]):.4g}",
            )
            for row in range(min(limit, len(rows)))
        ]
        title = self._title
        if len(pairs) < len(rows):
            title += f", the first {len(pairs)} of {_counted(len(rows))}"
        return draw_attributions(
            figure, pairs, title=title, quantity=self.record["score"], rendering=rendering
        )

    @property
    def _title(self) -> str:
        baseline = self.record["baseline"]
        method: str = self.record["method"]
        return method if baseline is None else f"{method}, baseline {baseline}"

    def _name(self, row: int) -> str:
        return _cut(Path(self.samples.filename[row]).name, NAME)

    def _predicted(self, count: int) -> list[tuple[int, float]]:
        """The most probable class of the first images, and its probability."""
        best = self.samples.prediction[:count].softmax(1).max(1)
        return list(zip(best.indices.tolist(), best.values.tolist(), strict=True))

    def _table(self) -> list[str]:
        """A line a sample, and one above; columns that say nothing are left out."""
        rows = self.samples
        count = min(LINES, len(rows))
        columns = {
            "target": [str(one) for one in rows.target[:count].tolist()],
            "against": [str(one) if one >= 0 else "" for one in rows.against[:count].tolist()],
            "predicted": [f"{label} ({share:.0%})" for label, share in self._predicted(count)],
            "score": _numbers(rows.score_input[:count]),
            "baseline": _numbers(rows.score_baseline[:count]),
            "sum": _numbers(rows.attribution[:count].flatten(1).sum(1)),
            "gap": _numbers(rows.completeness_gap[:count], digits=2),
        }
        shown = [[name, *cells] for name, cells in columns.items() if any(cells)]
        right = [_aligned(column, right=True) for column in shown]
        most = WIDTH - sum(2 + len(column[0]) for column in right)
        names = [self._name(row).removeprefix("input ") for row in range(count)]
        first = _aligned(["image", *(_cut(name, most) for name in names)])
        lines = ["  ".join(cells).rstrip() for cells in zip(first, *right, strict=True)]
        return lines if count else []


def _counted(images: int) -> str:
    return "1 image" if images == 1 else f"{images} images"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _aligned(cells: list[str], *, right: bool = False) -> list[str]:
    width = max(map(len, cells))
    return [cell.rjust(width) if right else cell.ljust(width) for cell in cells]


def _numbers(values: Tensor, digits: int = 4) -> list[str]:
    """Significant digits; nothing for NaN."""
    return ["" if math.isnan(value) else f"{value:.{digits}g}" for value in values.tolist()]
