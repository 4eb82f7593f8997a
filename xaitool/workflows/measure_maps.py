"""What the maps of an attribution file look like, whatever the model says of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor

from xaitool import registry
from xaitool.core.metrics.defined_mean import defined_mean
from xaitool.errors import ArtifactError
from xaitool.io.attributions import AttributionFile, AttributionRows
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.one_vs_one_maps import one_vs_one_maps
from xaitool.workflows.pair_localisation import PairLocalisation
from xaitool.workflows.progress import Reporter
from xaitool.workflows.runtime import Runtime
from xaitool.workflows.target_similarity import TargetSimilarity

Row = dict[str, Any]

SAMPLES_AT_ONCE = 16


class MapMeasure(Protocol):
    """Measures one batch of samples after another."""

    def update(self, samples: AttributionRows) -> None:
        """Measure some."""

    def rows(self) -> Iterator[Row]:
        """What was found."""


class MapSparseness:
    """The Gini index of each image's map; where it has one for each class, the mean of theirs."""

    def __init__(
        self, file: AttributionFile, first: AttributionRows, config: EvaluateConfig
    ) -> None:
        self._found: list[Tensor] = []

    def update(self, samples: AttributionRows) -> None:
        """Measure some."""
        maps = one_vs_one_maps(samples)
        found = registry.load("metric", "gini")(maps.values)
        self._found += [found[maps.sample == row].nanmean() for row in range(len(samples))]

    def rows(self) -> Iterator[Row]:
        """Mean and spread over the images; maps of zeros are left out and counted."""
        found = torch.stack(self._found)
        mean = defined_mean(found)
        yield {
            "metric": "gini",
            "value": mean.value,
            "n": mean.count,
            "std": found[~found.isnan()].std(correction=0).item() if mean.count else None,
            "undefined": mean.undefined,
        }


MEASURES: dict[str, Callable[[AttributionFile, AttributionRows, EvaluateConfig], MapMeasure]] = {
    "gini": MapSparseness,
    "inverse-localisation": PairLocalisation,
    "target-similarity": TargetSimilarity,
}


def measure_maps(
    path: Path,
    metrics: tuple[str, ...],
    config: EvaluateConfig,
    runtime: Runtime,
    reporter: Reporter,
) -> Iterator[Row]:
    """Rows of an attribution file; one pass over it serves all metrics, on the CPU.

    Args:
        path: The file.
        metrics: Some of `MEASURES`.
        config: The options.
        runtime: Not used: no model is run.
        reporter: Told how it goes.

    Raises:
        ArtifactError: The file is damaged, or lacks what a metric needs.
    """
    with AttributionFile(path) as file:
        if not len(file):
            raise ArtifactError(f"{path} has no samples, but at least one is wanted")
        first = file.read(slice(0, 1))
        measures = [MEASURES[metric](file, first, config) for metric in metrics]
        count = min(len(file), config.limit or len(file))
        # The maps of all classes of one image take the memory of many images.
        size = 1 if "class_values" in first.extra else SAMPLES_AT_ONCE
        with reporter.task("evaluate", count, "image") as task:
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
