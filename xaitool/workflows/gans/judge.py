"""Judging a generator: all the figures of its samples against real images, at once."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from xaitool.core.metrics.generation.class_coverage import class_coverage
from xaitool.core.metrics.generation.density_coverage import density_coverage
from xaitool.core.metrics.generation.feature_distance import feature_distance
from xaitool.core.metrics.generation.fid import fid
from xaitool.core.metrics.generation.kid import kid
from xaitool.core.metrics.generation.manifold import Manifold
from xaitool.core.metrics.generation.pixel_deviation import pixel_deviation
from xaitool.core.metrics.generation.precision_recall import precision_recall
from xaitool.core.models.gans.images import sample
from xaitool.core.seeding import generator as keyed
from xaitool.data.dataset import ImageDataset
from xaitool.workflows.features.gathered import GatheredFeatures
from xaitool.workflows.features.reference import ROWS, reference_features
from xaitool.workflows.features.source import ImageFeatures

NEIGHBOURS_MOST = 2000
"""Their cost grows with the square of the images; of 2,000, a share is known to 0.01."""

PRECISION_NEIGHBOURS = 3
COVERAGE_NEIGHBOURS = 5


class GanJudge:
    """Compares generators with the same real images, whose side is computed once.

    Args:
        features: The network whose features are compared.
        dataset: The real images.
        most: Use at most so many, chosen by `seed`.
        seed: The run's seed.
        device: Where features are computed.
        neighbours_most: Precision, recall, density, coverage and the feature distance look at so
            many images of either side at most, the first ones, so that a judgement every epoch
            stays cheap. They depend on this number: compare figures of equal ones.

    Raises:
        InputError: The network does not take the images, or there are fewer than two.
    """

    def __init__(
        self,
        features: ImageFeatures,
        dataset: ImageDataset,
        most: int,
        seed: int,
        device: torch.device,
        *,
        neighbours_most: int = NEIGHBOURS_MOST,
    ) -> None:
        self.features = features
        self.seed = seed
        self.neighbours_most = neighbours_most
        self._wanted = _wanted(features.classes, dataset.classes)
        self._real = reference_features(
            features,
            dataset,
            most=most,
            neighbours_most=neighbours_most,
            seed=seed,
            device=device,
        )

    @property
    def real_count(self) -> int:
        """How many real images generated ones are compared with."""
        return self._real.gathered.statistics.count

    def judge(self, generator: nn.Module, noise: Tensor, *, kid_subsets: int) -> dict[str, float]:
        """Compare the images that a generator makes of this noise.

        Args:
            generator: From noise to images in [-1, 1].
            noise: ``(N, ...)``, at least two; its first dimension says how many images are made.
            kid_subsets: Subsets of at most 1,000 images over which KID is averaged.

        Returns:
            ``fid``; ``kid`` and ``kid_std``, its standard deviation over the subsets;
            ``precision`` and ``recall`` (3 neighbours), ``density`` and ``coverage`` (5), NaN where
            there are not more images than neighbours; ``pixel_deviation``; ``class_coverage``,
            absent where the network does not know the dataset's classes by name;
            ``feature_distance``. See the functions of these names in ``core.metrics``.

        Raises:
            ShapeError: A feature is NaN or infinite, or there are fewer than two images.
        """
        made = GatheredFeatures()
        for part in noise.split(ROWS):
            made.update(self.features, sample(generator, part))
        real = self._real.gathered
        distance = fid(made.statistics, real.statistics)
        subsets = keyed(self.seed, "kid subsets")
        kernel = kid(made.features, real.features, subsets=kid_subsets, generator=subsets)
        near = made.features[: self.neighbours_most]
        return {
            "fid": distance,
            "kid": kernel.mean,
            "kid_std": kernel.standard_deviation,
            **self._neighbour_figures(near),
            "pixel_deviation": pixel_deviation(made.pixels, real.pixels),
            **self._class_figures(made),
            "feature_distance": feature_distance(near, self._real.distance),
        }

    def _neighbour_figures(self, near: Tensor) -> dict[str, float]:
        real = self._real.manifold
        fewest = min(len(near), len(real.features))
        figures = dict.fromkeys(("precision", "recall", "density", "coverage"), math.nan)
        if fewest > PRECISION_NEIGHBOURS:
            generated = Manifold.of(near, PRECISION_NEIGHBOURS)
            figures |= precision_recall(real, generated, neighbours=PRECISION_NEIGHBOURS)._asdict()
        if fewest > COVERAGE_NEIGHBOURS:
            figures |= density_coverage(real, near, neighbours=COVERAGE_NEIGHBOURS)._asdict()
        return figures

    def _class_figures(self, made: GatheredFeatures) -> dict[str, float]:
        real = self._real.gathered
        if self._wanted is None or made.class_counts is None or real.class_counts is None:
            return {}
        wanted = self._wanted.to(real.class_counts.device)
        return {"class_coverage": class_coverage(made.class_counts, real.class_counts, wanted)}


def _wanted(known: tuple[str, ...], classes: tuple[str, ...]) -> Tensor | None:
    """Which of the network's classes those of the dataset are; None where it lacks one."""
    if not set(classes) <= set(known):
        return None
    return torch.tensor([known.index(name) for name in classes])
