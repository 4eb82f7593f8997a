"""How many generated samples are like real ones, and the other way round."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from xaitool.core.metrics.generation.feature_check import check_features
from xaitool.core.metrics.generation.manifold import Manifold
from xaitool.core.metrics.generation.squared_distances import squared_distances


class PrecisionRecall(NamedTuple):
    """Two shares in [0, 1].

    Attributes:
        precision: Of generated samples that lie in the ball of a real one: are they realistic?
        recall: Of real samples that lie in the ball of a generated one: is everything generated?
    """

    precision: float
    recall: float


def precision_recall(
    real: Manifold, generated: Manifold, *, neighbours: int = 3
) -> PrecisionRecall:
    """Improved precision and recall (Kynkäänniemi et al. 2019, equations 1 and 2).

    The ball of a sample reaches its third nearest neighbour within its own set and is closed. The
    paper takes 50,000 samples of each set; figures fall with fewer, so compare equal numbers only.

    Args:
        real: Of N samples, more than `neighbours`.
        generated: Of M samples, more than `neighbours`, of as many features, on the same device.
        neighbours: Which neighbour a ball reaches; 3 in the paper.

    Raises:
        ShapeError: There are too few samples, or the numbers of features differ.
    """
    check_features(generated.features, real.features.shape[1])
    of_real = real.radii(neighbours, generated.features)
    of_generated = generated.radii(neighbours, real.features)
    realistic = torch.zeros_like(of_generated, dtype=torch.bool)
    reached = []
    for rows, distances in squared_distances(real.features, generated.features):
        realistic |= (distances <= of_real[rows, None]).any(0)
        reached.append((distances <= of_generated).any(1))
    return PrecisionRecall(_share(realistic), _share(torch.cat(reached)))


def _share(hits: Tensor) -> float:
    return hits.double().mean().item()
