"""The figures of a judgement of a GAN, each a function of generated images beside real ones.

The registry names one for each metric of GANs that a judgement serves; another one may lie
anywhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from torch import Tensor

from xaitool.core.metrics.generation.class_coverage import class_coverage
from xaitool.core.metrics.generation.density_coverage import DensityCoverage, density_coverage
from xaitool.core.metrics.generation.feature_distance import feature_distance
from xaitool.core.metrics.generation.fid import fid
from xaitool.core.metrics.generation.kid import kid
from xaitool.core.metrics.generation.manifold import Manifold
from xaitool.core.metrics.generation.pixel_deviation import pixel_deviation
from xaitool.core.metrics.generation.precision_recall import PrecisionRecall, precision_recall
from xaitool.core.seeding import random_stream
from xaitool.workflows.features.gathered import GatheredFeatures
from xaitool.workflows.features.reference import ReferenceFeatures

PRECISION_NEIGHBOURS = 3
COVERAGE_NEIGHBOURS = 5


class Figure(NamedTuple):
    """What a figure is.

    Attributes:
        value: NaN where the images are too few for it.
        deviation: Its standard deviation, where it is a mean over draws.
    """

    value: float
    deviation: float | None = None


@dataclass(frozen=True)
class JudgedImages:
    """Generated images beside real ones, as a feature network sees them.

    Attributes:
        made: Of the generated ones.
        real: Of the real ones.
        nearby: So many of either side, at most, are compared with their neighbours.
        wanted: The network's classes that the dataset has, int64; None where it lacks one.
        seed: The run's seed.
        kid_subsets: Subsets of at most 1,000 images over which KID is averaged.
    """

    made: GatheredFeatures
    real: ReferenceFeatures
    nearby: int
    wanted: Tensor | None
    seed: int
    kid_subsets: int

    @property
    def near(self) -> Tensor:
        """Features of the generated images that are compared with their neighbours."""
        return self.made.features[: self.nearby]

    @property
    def fewest(self) -> int:
        """How many of either side these are at least."""
        return min(len(self.near), len(self.real.manifold.features))

    @cached_property
    def precision_recall(self) -> PrecisionRecall | None:
        """Both by one comparison; None where there are not more images than neighbours."""
        if self.fewest <= PRECISION_NEIGHBOURS:
            return None
        generated = Manifold.of(self.near, PRECISION_NEIGHBOURS)
        return precision_recall(self.real.manifold, generated, neighbours=PRECISION_NEIGHBOURS)

    @cached_property
    def density_coverage(self) -> DensityCoverage | None:
        """Same."""
        if self.fewest <= COVERAGE_NEIGHBOURS:
            return None
        return density_coverage(self.real.manifold, self.near, neighbours=COVERAGE_NEIGHBOURS)


def frechet_distance(images: JudgedImages) -> Figure:
    """``fid``."""
    return Figure(fid(images.made.statistics, images.real.gathered.statistics))


def kernel_distance(images: JudgedImages) -> Figure:
    """``kid``."""
    found = kid(
        images.made.features,
        images.real.gathered.features,
        subsets=images.kid_subsets,
        generator=random_stream(images.seed, "kid subsets"),
    )
    return Figure(found.mean, found.standard_deviation)


def precision(images: JudgedImages) -> Figure:
    """See `precision_recall`."""
    found = images.precision_recall
    return Figure(math.nan if found is None else found.precision)


def recall(images: JudgedImages) -> Figure:
    """See `precision_recall`."""
    found = images.precision_recall
    return Figure(math.nan if found is None else found.recall)


def density(images: JudgedImages) -> Figure:
    """See `density_coverage`."""
    found = images.density_coverage
    return Figure(math.nan if found is None else found.density)


def coverage(images: JudgedImages) -> Figure:
    """See `density_coverage`."""
    found = images.density_coverage
    return Figure(math.nan if found is None else found.coverage)


def deviation_of_pixels(images: JudgedImages) -> Figure:
    """``pixel-deviation``."""
    return Figure(pixel_deviation(images.made.pixels, images.real.gathered.pixels))


def coverage_of_classes(images: JudgedImages) -> Figure | None:
    """``class-coverage``; None where the network does not know the classes by name."""
    made, real = images.made.class_counts, images.real.gathered.class_counts
    if images.wanted is None or made is None or real is None:
        return None
    return Figure(class_coverage(made, real, images.wanted.to(real.device)))


def distance_of_features(images: JudgedImages) -> Figure:
    """``feature-distance``."""
    return Figure(feature_distance(images.near, images.real.distance))
