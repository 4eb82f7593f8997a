"""How densely generated samples lie among real ones, and how many real ones have one near them."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from xaitool.core.metrics.generation.feature_check import check_features
from xaitool.core.metrics.generation.feature_statistics import in_double
from xaitool.core.metrics.generation.manifold import Manifold
from xaitool.core.metrics.generation.squared_distances import squared_distances


class DensityCoverage(NamedTuple):
    """What is found in the balls of real samples.

    Attributes:
        density: How many balls a generated sample lies in, of the number that is expected of a
            real one; about 1 for samples like the real ones, above 1 where they crowd together.
        coverage: Share of the balls with a generated sample inside, in [0, 1].
    """

    density: float
    coverage: float


def density_coverage(real: Manifold, generated: Tensor, *, neighbours: int = 5) -> DensityCoverage:
    """Density and coverage (Naeem et al. 2020, equations 3 and 4).

    Only real samples have balls, so that a single odd generated sample cannot claim much of the
    space as it does in recall. For equal distributions and large, equal sets coverage is about
    ``1 - 2 ** -neighbours`` (Lemma 2).

    Where this differs from the authors' code: balls are closed, as their text has it, so that
    copies of real samples count even where features are discrete.

    Args:
        real: Of N samples, more than `neighbours`.
        generated: ``(M, D)``, floating, finite, on the same device.
        neighbours: Which neighbour a ball reaches; 5 in the paper.

    Raises:
        ShapeError: There are too few samples, or the numbers of features differ.
    """
    check_features(generated, real.features.shape[1])
    candidates = in_double(generated.detach())
    radii = real.radii(neighbours, candidates)
    inside = torch.cat(
        [
            (distances <= radii[rows, None]).sum(1)
            for rows, distances in squared_distances(real.features, candidates)
        ]
    )
    density = inside.sum().item() / (neighbours * len(candidates))
    return DensityCoverage(density, (inside > 0).double().mean().item())
