"""What the attributions of an attribution file look like, whatever the model says of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor

from xaitool.errors import ArtifactError
from xaitool.io.attributions import AttributionFile, AttributionRows
from xaitool.registry import METRICS_OF, load_target
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.attributions.image_values import ImageValues, Row
from xaitool.workflows.runs.context import Context

SAMPLES_AT_ONCE = 16


class Source(Protocol):
    """Where attributions come from: a file, or a classifier that is explained."""

    @property
    def path(self) -> Path:
        """What people call it."""

    @property
    def attributes(self) -> dict[str, Any]:
        """What is known of all samples, as a file says it of itself."""


class AttributionMetric(Protocol):
    """What the registry names for such a metric: measures one batch of samples after another.

    Args:
        file: Where they come from.
        first: Its first sample.
        config: The options.

    Raises:
        ArtifactError: The file lacks what the metric needs.
    """

    def __init__(self, file: Source, first: AttributionRows, config: EvaluateConfig) -> None: ...

    def update(self, samples: AttributionRows) -> None:
        """Measure some."""

    def rows(self) -> Iterator[Row]:
        """What was found: ``metric``, ``value``, ``n``, and what else there is to say."""


class ImageMetric(AttributionMetric, Protocol):
    """One whose numbers belong to images, so that explanations of the same images compare."""

    def measured(self) -> list[ImageValues]:
        """The numbers, of each kind."""


def measure_stored_attributions(
    path: Path,
    metrics: tuple[str, ...],
    context: Context[EvaluateConfig],
) -> Iterator[Row]:
    """Rows of an attribution file; one pass over it serves all metrics, on the CPU.

    Args:
        path: The file.
        metrics: Registered names; what measures each, a `AttributionMetric`, the registry says.
        context: The options, where it computes, and whom it tells.

    Raises:
        ArtifactError: The file is damaged, or lacks what a metric needs.
    """
    with AttributionFile(path) as file:
        if not len(file):
            raise ArtifactError(f"{path} has no samples, but at least one is wanted")
        first = file.read(slice(0, 1))
        measures: list[AttributionMetric] = [
            load_target(METRICS_OF["attribution"][metric].target)(file, first, context.config)
            for metric in metrics
        ]
        count = min(len(file), context.config.limit or len(file))
        # The attributions of all classes of one image take the memory of many images.
        size = 1 if "class_values" in first.extra else SAMPLES_AT_ONCE
        with context.reporter.task("evaluate", count, "image") as task:
            for start in range(0, count, size):
                samples = file.finite(slice(start, min(start + size, count)))
                for measure in measures:
                    measure.update(samples)
                task.advance(len(samples))
        for measure in measures:
            yield from (_with_source(row, path) for row in measure.rows())


def _with_source(row: Row, path: Path) -> Row:
    head = {name: row.pop(name) for name in ("metric", "value", "n")}
    return head | {"source": str(path)} | row


@dataclass(frozen=True)
class OneVsOneAttributions:
    """P attributions, each of a target class held against another.

    Attributes:
        sample: Which sample an attribution explains, int64 ``(P,)``.
        target: Class that was explained, int64 ``(P,)``.
        against: The other class, int64 ``(P,)``, -1 where there is none.
        values: ``(P, C, H, W)``.
    """

    sample: Tensor
    target: Tensor
    against: Tensor
    values: Tensor


def one_vs_one_attributions(samples: AttributionRows) -> OneVsOneAttributions:
    """All attributions of some samples, those of a sample side by side."""
    if "class_values" not in samples.extra:
        places = torch.arange(len(samples))
        return OneVsOneAttributions(places, samples.target, samples.against, samples.attribution)
    chosen = samples.extra["classes"]
    sample, column = (chosen >= 0).nonzero(as_tuple=True)
    values = samples.extra["class_values"][sample, column]
    return OneVsOneAttributions(sample, samples.target[sample], chosen[sample, column], values)
