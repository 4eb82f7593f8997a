"""What the maps of an attribution file look like, whatever the model says of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

import torch
from torch import Tensor

from xaitool.core.metrics.explanation.gini import gini_index
from xaitool.core.metrics.explanation.inverse_localisation import inverse_localisation
from xaitool.core.metrics.explanation.map_similarity import map_similarity
from xaitool.core.metrics.statistics.defined_mean import defined_mean
from xaitool.core.seeding import generator
from xaitool.errors import ArtifactError
from xaitool.io.attributions import AttributionFile, AttributionRows
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.runs.context import Context

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
        found = gini_index(maps.values)
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


def measure_maps(
    path: Path,
    metrics: tuple[str, ...],
    context: Context[EvaluateConfig],
) -> Iterator[Row]:
    """Rows of an attribution file; one pass over it serves all metrics, on the CPU.

    Args:
        path: The file.
        metrics: Some of `MEASURES`.
        context: The options, where it computes, and whom it tells.

    Raises:
        ArtifactError: The file is damaged, or lacks what a metric needs.
    """
    with AttributionFile(path) as file:
        if not len(file):
            raise ArtifactError(f"{path} has no samples, but at least one is wanted")
        first = file.read(slice(0, 1))
        measures = [MEASURES[metric](file, first, context.config) for metric in metrics]
        count = min(len(file), context.config.limit or len(file))
        # The maps of all classes of one image take the memory of many images.
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
class OneVsOneMaps:
    """P maps, each of a target class held against another.

    Attributes:
        sample: Which sample a map explains, int64 ``(P,)``.
        target: Class that was explained, int64 ``(P,)``.
        against: The other class, int64 ``(P,)``, -1 where there is none.
        values: ``(P, C, H, W)``.
    """

    sample: Tensor
    target: Tensor
    against: Tensor
    values: Tensor


def one_vs_one_maps(samples: AttributionRows) -> OneVsOneMaps:
    """All maps of some samples, those of a sample side by side."""
    if "class_values" not in samples.extra:
        places = torch.arange(len(samples))
        return OneVsOneMaps(places, samples.target, samples.against, samples.attribution)
    chosen = samples.extra["classes"]
    sample, column = (chosen >= 0).nonzero(as_tuple=True)
    values = samples.extra["class_values"][sample, column]
    return OneVsOneMaps(sample, samples.target[sample], chosen[sample, column], values)


OBJECT, SCENE = "different object", "different scene"

HINT = "explain images of a dataset with object masks, one-vs-one: --dataset composite"


class PairLocalisation:
    """Inverse localisation over pairs of an original and a target class (GANMEX, table 1).

    Classes are pairs of an object and a scene. Where two of them share the scene they differ in
    the object's pixels; where they share the object, in all others; where they share nothing there
    is no common region, and the pair is left out and counted. The mask is that of the explained
    image, as in the paper: where the other class's object would be is not known.

    Every pair has the same weight, of an image as of a kind, in ``overall`` too; table 1's overall
    of the nearest training image, 0.852, is no mean of its two rows, 0.850 and 1.254.
    """

    def __init__(
        self, file: AttributionFile, first: AttributionRows, config: EvaluateConfig
    ) -> None:
        parts = file.attributes.get("class_parts")
        if first.object_mask is None or not parts:
            raise ArtifactError(
                f"{file.path} has no object masks, but inverse localisation is measured with them",
                hint=HINT,
            )
        if not _are_pairs(parts, first.prediction.shape[1]):
            raise ArtifactError(
                f"{file.path} has other class_parts, but an object and a scene are wanted for each "
                f"of {first.prediction.shape[1]} classes"
            )
        self._path = file.path
        self._objects, self._scenes = (_numbered([one[part] for one in parts]) for part in (0, 1))
        self._found: dict[str, list[Tensor]] = {OBJECT: [], SCENE: []}
        self._without = 0

    def update(self, samples: AttributionRows) -> None:
        """Measure some."""
        pairs = one_vs_one_maps(samples)
        if (pairs.against < 0).any():
            raise ArtifactError(
                f"{self._path} explains classes by themselves, but one-vs-one maps are wanted",
                hint="explain with --against all",
            )
        same_object, same_scene = (
            part[pairs.target] == part[pairs.against] for part in (self._objects, self._scenes)
        )
        self._without += int((~same_object & ~same_scene).sum())
        objects = cast(Tensor, samples.object_mask).bool()[pairs.sample]
        self._measure(OBJECT, pairs.values, objects, same_scene & ~same_object)
        self._measure(SCENE, pairs.values, ~objects, same_object & ~same_scene)

    def _measure(self, kind: str, maps: Tensor, regions: Tensor, rows: Tensor) -> None:
        self._found[kind].append(inverse_localisation(maps[rows], regions[rows]))

    def rows(self) -> Iterator[dict[str, Any]]:
        """A row for each kind of pair, and one for all of them."""
        kinds = {kind: torch.cat(found) for kind, found in self._found.items()}
        for kind, found in {**kinds, "overall": torch.cat([*kinds.values()])}.items():
            mean = defined_mean(found)
            yield {
                "metric": "inverse-localisation",
                "value": mean.value,
                "n": mean.count,
                "std": found[~found.isnan()].std(correction=0).item() if mean.count else None,
                "undefined": mean.undefined,
                "pair": kind,
                "no_common_region": self._without if kind == "overall" else None,
            }


def _are_pairs(parts: Any, classes: int) -> bool:
    pairs = isinstance(parts, list) and all(
        isinstance(one, list) and len(one) == 2 for one in parts
    )
    return pairs and len(parts) == classes


def _numbered(names: list[str]) -> Tensor:
    """Equal numbers for equal names."""
    known = list(dict.fromkeys(names))
    return torch.tensor([known.index(name) for name in names])


MOST_PAIRS = 500
NUMBERS_AT_ONCE = 2**22

MEASURED = ("spearman", "ssim", "cosine")


class TargetSimilarity:
    """Similarity of the maps of one image against different classes (GANMEX, appendix B.1).

    The paper shows pictures: maps with a zero baseline hardly depend on the class. Here it is a
    number, the mean over images of the mean over pairs of classes; 1 says that the class does not
    matter. Of an image with more than 500 pairs 500 are drawn.
    """

    def __init__(
        self, file: AttributionFile, first: AttributionRows, config: EvaluateConfig
    ) -> None:
        if "class_values" not in first.extra:
            raise ArtifactError(
                f"{file.path} has one map an image, but one for each class is wanted",
                hint="explain with --against all",
            )
        if first.prediction.shape[1] < 3:
            raise ArtifactError(
                f"{file.path} is of a model with {first.prediction.shape[1]} classes, but three "
                "are wanted for two maps of an image"
            )
        self._seed = config.seed
        self._found: dict[str, list[Tensor]] = {name: [] for name in MEASURED}
        self._pairs = 0

    def update(self, samples: AttributionRows) -> None:
        """Measure some."""
        pairs = one_vs_one_maps(samples)
        for sample, index in enumerate(samples.index.tolist()):
            maps = pairs.values[pairs.sample == sample]
            chosen = self._chosen(len(maps), index)
            self._pairs += len(chosen)
            for name, values in _similarities(maps, chosen).items():
                self._found[name].append(values.nanmean())

    def rows(self) -> Iterator[dict[str, Any]]:
        """One row: Spearman's correlation is its value."""
        found = {name: torch.stack(values) for name, values in self._found.items()}
        value = defined_mean(found["spearman"])
        defined = found["spearman"][~found["spearman"].isnan()]
        yield {
            "metric": "target-similarity",
            "value": value.value,
            "n": value.count,
            "std": defined.std(correction=0).item() if value.count else None,
            "undefined": value.undefined,
            **{name: defined_mean(values).value for name, values in found.items()},
            "pairs": self._pairs,
        }

    def _chosen(self, maps: int, index: int) -> Tensor:
        """Which maps of a sample are compared, int64 ``(P, 2)``."""
        pairs = torch.combinations(torch.arange(maps), 2)
        if len(pairs) <= MOST_PAIRS:
            return pairs
        random = generator(self._seed, "target-similarity", index)
        return pairs[torch.randperm(len(pairs), generator=random)[:MOST_PAIRS]]


def _similarities(maps: Tensor, pairs: Tensor) -> dict[str, Tensor]:
    size = max(1, NUMBERS_AT_ONCE // maps[:1].numel()) if len(maps) else 1
    parts = [
        map_similarity(maps[part[:, 0]], maps[part[:, 1]])
        for part in pairs.split(size)
        if len(part)
    ]
    empty = maps.new_empty(0, dtype=torch.float64)
    return {name: torch.cat([empty, *(getattr(one, name) for one in parts)]) for name in MEASURED}


MEASURES: dict[str, Callable[[AttributionFile, AttributionRows, EvaluateConfig], MapMeasure]] = {
    "gini": MapSparseness,
    "inverse-localisation": PairLocalisation,
    "target-similarity": TargetSimilarity,
}
