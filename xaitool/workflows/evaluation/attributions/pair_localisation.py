"""Whether attributions lie where two classes differ, by the masks of composed images."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import torch
from torch import Tensor

from xaitool.core.metrics.explanation.inverse_localisation import inverse_localisation
from xaitool.errors import ArtifactError
from xaitool.io.attributions import AttributionRows
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.attributions.image_values import ImageValues, Row, joined
from xaitool.workflows.evaluation.attributions.stored_attributions import (
    OneVsOneAttributions,
    Source,
    one_vs_one_attributions,
)

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

    def __init__(self, file: Source, first: AttributionRows, config: EvaluateConfig) -> None:
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
        self._ratios: dict[str, list[Tensor]] = {OBJECT: [], SCENE: []}
        self._images: dict[str, list[Tensor]] = {OBJECT: [], SCENE: []}
        self._without = 0

    def update(self, samples: AttributionRows) -> None:
        """Measure some."""
        pairs = one_vs_one_attributions(samples)
        if (pairs.against < 0).any():
            raise ArtifactError(
                f"{self._path} explains single classes, but one-vs-one attributions are wanted",
                hint="explain with --against all",
            )
        same_object, same_scene = (
            part[pairs.target] == part[pairs.against] for part in (self._objects, self._scenes)
        )
        self._without += int((~same_object & ~same_scene).sum())
        objects = cast(Tensor, samples.object_mask).bool()[pairs.sample]
        images = samples.index[pairs.sample]
        self._measure(OBJECT, pairs, images, objects, same_scene & ~same_object)
        self._measure(SCENE, pairs, images, ~objects, same_object & ~same_scene)

    def _measure(
        self,
        kind: str,
        pairs: OneVsOneAttributions,
        images: Tensor,
        regions: Tensor,
        rows: Tensor,
    ) -> None:
        self._ratios[kind].append(inverse_localisation(pairs.values[rows], regions[rows]))
        self._images[kind].append(images[rows])

    def rows(self) -> Iterator[Row]:
        """A row for each kind of pair, and one for all of them."""
        yield from (one.row() for one in self.measured())

    def measured(self) -> list[ImageValues]:
        """A number a pair of an image's classes: of each kind, and of all of them."""
        kinds = {kind: [kind] for kind in (OBJECT, SCENE)} | {"overall": [OBJECT, SCENE]}
        return [
            ImageValues(
                "inverse-localisation",
                joined([ratio for one in parts for ratio in self._ratios[one]]),
                joined([image for one in parts for image in self._images[one]]),
                {"pair": kind},
                {"no_common_region": self._without if kind == "overall" else None},
            )
            for kind, parts in kinds.items()
        ]


def _are_pairs(parts: Any, classes: int) -> bool:
    pairs = isinstance(parts, list) and all(
        isinstance(one, list) and len(one) == 2 for one in parts
    )
    return pairs and len(parts) == classes


def _numbered(names: list[str]) -> Tensor:
    """Equal numbers for equal names."""
    known = list(dict.fromkeys(names))
    return torch.tensor([known.index(name) for name in names])
