"""Whether the attributions of an image depend on the class that they hold its own against."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from xaitool.core.metrics.explanation.attribution_similarity import attribution_similarity
from xaitool.core.metrics.statistics.defined_mean import defined_mean
from xaitool.core.seeding import random_stream
from xaitool.errors import ArtifactError
from xaitool.io.attributions import AttributionRows
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.attributions.image_values import Row
from xaitool.workflows.evaluation.attributions.stored_attributions import (
    Source,
    one_vs_one_attributions,
)

MOST_PAIRS = 500
NUMBERS_AT_ONCE = 2**22

MEASURED = ("spearman", "ssim", "cosine")


class TargetSimilarity:
    """Similarity of the attributions of one image against different classes (GANMEX, appendix B.1).

    The paper shows pictures: attributions with a zero baseline hardly depend on the class. Here it
    is a number, the mean over images of the mean over pairs of classes; 1 says that the class does
    not matter. Of an image with more than 500 pairs 500 are drawn.
    """

    def __init__(self, file: Source, first: AttributionRows, config: EvaluateConfig) -> None:
        if "class_values" not in first.extra:
            raise ArtifactError(
                f"{file.path} has one attribution an image, but one for each class is wanted",
                hint="explain with --against all",
            )
        if first.prediction.shape[1] < 3:
            raise ArtifactError(
                f"{file.path} is of a model with {first.prediction.shape[1]} classes, but three "
                "are wanted for two attributions of an image"
            )
        self._seed = config.seed
        self._of_images: dict[str, list[Tensor]] = {name: [] for name in MEASURED}
        self._pairs = 0

    def update(self, samples: AttributionRows) -> None:
        """Measure some."""
        pairs = one_vs_one_attributions(samples)
        for sample, index in enumerate(samples.index.tolist()):
            attributions = pairs.values[pairs.sample == sample]
            chosen = self._chosen(len(attributions), index)
            self._pairs += len(chosen)
            for name, values in _similarities(attributions, chosen).items():
                self._of_images[name].append(values.nanmean())

    def rows(self) -> Iterator[Row]:
        """One row: Spearman's correlation is its value."""
        similarities = {name: torch.stack(values) for name, values in self._of_images.items()}
        value = defined_mean(similarities["spearman"])
        defined = similarities["spearman"][~similarities["spearman"].isnan()]
        yield {
            "metric": "target-similarity",
            "value": value.value,
            "n": value.count,
            "std": defined.std(correction=0).item() if value.count else None,
            "undefined": value.undefined,
            **{name: defined_mean(values).value for name, values in similarities.items()},
            "pairs": self._pairs,
        }

    def _chosen(self, count: int, index: int) -> Tensor:
        """Which attributions of a sample are compared, int64 ``(P, 2)``."""
        pairs = torch.combinations(torch.arange(count), 2)
        if len(pairs) <= MOST_PAIRS:
            return pairs
        random = random_stream(self._seed, "target-similarity", index)
        return pairs[torch.randperm(len(pairs), generator=random)[:MOST_PAIRS]]


def _similarities(attributions: Tensor, pairs: Tensor) -> dict[str, Tensor]:
    size = max(1, NUMBERS_AT_ONCE // attributions[:1].numel()) if len(attributions) else 1
    parts = [
        attribution_similarity(attributions[part[:, 0]], attributions[part[:, 1]])
        for part in pairs.split(size)
        if len(part)
    ]
    empty = attributions.new_empty(0, dtype=torch.float64)
    return {name: torch.cat([empty, *(getattr(one, name) for one in parts)]) for name in MEASURED}
