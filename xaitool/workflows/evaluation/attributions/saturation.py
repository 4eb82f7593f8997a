"""How much of the paths of integrated gradients and of counterfactual gradients is of use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from xaitool.core.memory import Rows
from xaitool.core.metrics.explanation.saturation import saturation
from xaitool.core.metrics.statistics.bootstrap import mean_with_interval
from xaitool.core.seeding import random_stream
from xaitool.data.dataset import ImageDataset
from xaitool.data.sensitive import require_sensitive
from xaitool.report.line_panels import Line, line_panels
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.counterfactuals.paths import CVAE, RECOLOUR
from xaitool.workflows.evaluation.path_walk import PathWalk, Points, required_paths
from xaitool.workflows.evaluation.picture_path import picture_path
from xaitool.workflows.evaluation.subjects import load_classifier_and_data, rows_for, spread_samples
from xaitool.workflows.models.classifier import Classifier, probabilities_of
from xaitool.workflows.runs.context import Context
from xaitool.workflows.runs.pictures import write_picture
from xaitool.workflows.runs.progress import Reporter
from xaitool.workflows.runs.runtime import Runtime

Row = dict[str, Any]

IMAGES = 200
"""Where ``--limit`` is not given."""

POINTS = 51
"""Of a path, both ends included."""

BLACK = "black"
"""The path of integrated gradients."""


def measure_saturation(
    path: Path,
    metrics: tuple[str, ...],
    context: Context[EvaluateConfig],
) -> Iterator[Row]:
    """A row for the path of integrated gradients, and one for that of CGI (CIA paper, figure 7).

    The output is the probability of the class that is predicted of the image. Integrated gradients
    go from black to the image; CGI from the counterfactual to the image's own attributes, by
    ``--cvae``, which is told the predicted class and ends at the reconstruction, or else by
    recolouring, where the attribute is the channel. With ``--out`` a picture shows the curves of
    up to ten images. How much is unsaturated, see `saturation`.

    Args:
        path: The classifier.
        metrics: ``saturation``.
        context: The options; without ``limit`` 200 images, evenly spaced.

    Yields:
        ``value``, the mean unsaturated share of ``n`` paths, its bootstrap interval ``low`` and
        ``high``; ``path``, ``black``, ``cvae`` or ``recolour``; ``flat``, paths along which the
        output does not change, whose share counts as 0; ``start`` and ``end``, the mean output
        there; ``curve``, the mean output at tenths of the path; ``points`` of a path; ``picture``,
        None without ``--out``; ``seed``.

    Raises:
        InputError: The classifier, the dataset or the CVAE does not fit, there is no path, or the
            picture cannot be written.
    """
    config = context.config
    picture = SaturationPicture(path, config)
    classifier, dataset = load_classifier_and_data(path, config, context.runtime)
    require_sensitive(dataset, "--metric saturation")
    rows = rows_for(dataset, context)
    # A CVAE that was named goes before recolouring.
    paths = required_paths(dataset, config, context.runtime, "saturation")
    name, counterfactual = next(iter(paths.items()))
    samples = spread_samples(dataset, config, IMAGES)
    walk = _with_predictions(classifier, dataset, samples, rows, context.runtime, context.reporter)
    places = torch.linspace(0, 1, POINTS, dtype=torch.float64)
    curves = {
        title: _outputs(points, order, classifier, walk)
        for title, points, order in (
            (BLACK, _from_black, places),
            (name, counterfactual.points, 1 - places),
        )
    }
    written = picture.write(curves, places)
    if written is not None:
        context.reporter.message(f"picture: {written}")
    for title, outputs in curves.items():
        yield _row(str(path), title, outputs, places, written, config.seed)


def _with_predictions(
    classifier: Classifier,
    dataset: ImageDataset,
    samples: Tensor,
    rows: Rows,
    runtime: Runtime,
    reporter: Reporter,
) -> PathWalk:
    """A walk whose paths are told the predicted classes."""
    walk = PathWalk(dataset, samples, torch.zeros_like(samples), rows, runtime, reporter)
    predicted = walk.read_images(lambda images, most: classifier.logits(images, most).argmax(1))
    return replace(walk, labels=predicted)


def _from_black(
    images: Tensor,
    labels: Tensor,
    attributes: Tensor,
    counterfactual: Tensor,
    places: Tensor,
    rows: int,
) -> Tensor:
    return images[:, None] * places.to(images).view(1, -1, 1, 1, 1)


def _outputs(points: Points, order: Tensor, classifier: Classifier, walk: PathWalk) -> Tensor:
    """Probability of each image's predicted class at these places: float64 ``(N, P)``."""
    probabilities = walk.read(
        points,
        order,
        lambda images, most: probabilities_of(classifier, classifier.logits(images, most)),
    )
    wanted = walk.labels[:, None, None].expand(-1, probabilities.shape[1], 1)
    return probabilities.gather(2, wanted).squeeze(2)


def _row(
    source: str, title: str, outputs: Tensor, places: Tensor, picture: Path | None, seed: int
) -> Row:
    measured = saturation(outputs, places)
    # The same draws for all paths, which are of the same images.
    mean = mean_with_interval(measured.unsaturated, random_stream(seed, "saturation"))
    curve = outputs.mean(0).tolist()
    tenths = range(0, POINTS, (POINTS - 1) // 10)
    return {
        "metric": "saturation",
        "value": mean.value,
        "n": mean.count,
        "source": source,
        "path": title,
        "low": mean.low,
        "high": mean.high,
        "flat": int(measured.flat.sum()),
        "start": curve[0],
        "end": curve[-1],
        "curve": {f"{places[index].item():.1f}": curve[index] for index in tenths},
        "points": POINTS,
        "picture": None if picture is None else str(picture),
        "seed": seed,
    }


MOST_IMAGES = 10

TITLES = {
    "black": "integrated gradients: black to image",
    CVAE: "CGI: counterfactual to image, CVAE",
    RECOLOUR: "CGI: counterfactual to image, recoloured",
}


class SaturationPicture:
    """A panel for each path, with a line for each of up to ten images.

    Without ``--out`` there is none.

    Args:
        source: The artifact that is measured.
        config: Where the picture goes.

    Raises:
        ConfigError: It cannot go there.
    """

    def __init__(self, source: Path, config: EvaluateConfig) -> None:
        self._overwrite = config.overwrite
        self._path = picture_path(source, config, "saturation", config.figure_format)

    def write(self, curves: Mapping[str, Tensor], places: Tensor) -> Path | None:
        """Write it.

        Args:
            curves: By the path's name, ``(N, P)``; of more than ten images ten are shown, evenly
                spaced.
            places: ``(P,)``.
        """
        if self._path is None:
            return None
        along = places.tolist()
        picture = line_panels(
            {
                TITLES[name]: {
                    f"image {number}": Line(along, values)
                    for number, values in enumerate(_some(outputs).tolist(), 1)
                }
                for name, outputs in curves.items()
            },
            title="What the paths of attributions pass, of up to ten images",
            x_label="place on the path (0: start, 1: image)",
            y_label="probability of the predicted class",
            shares=True,
        )
        write_picture(self._path, picture, overwrite=self._overwrite)
        return self._path


def _some(outputs: Tensor) -> Tensor:
    count = min(MOST_IMAGES, len(outputs))
    return outputs[torch.linspace(0, len(outputs) - 1, count).round().long()]
