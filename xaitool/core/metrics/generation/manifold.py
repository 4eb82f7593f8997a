"""Where a set of features lies: in balls around each of them that reach its nearest neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from xaitool.core.metrics.generation.feature_check import check_features
from xaitool.core.metrics.generation.feature_statistics import in_double
from xaitool.core.metrics.generation.squared_distances import rounding, squared_distances
from xaitool.errors import ShapeError


@dataclass(frozen=True)
class Manifold:
    """A set of features and the distances to their nearest neighbours, computed once.

    Attributes:
        features: float64 ``(N, D)``.
        nearest: Squared distances of each to its nearest other samples, the nearest first, float64
            ``(N, most)``. Another sample with the same features is a neighbour at distance 0.
    """

    features: Tensor
    nearest: Tensor

    @classmethod
    def of(cls, features: Tensor, most: int = 5) -> Self:
        """Find the neighbours; memory stays bounded however many samples there are.

        Args:
            features: ``(N, D)``, floating, finite.
            most: Neighbours of each, at least 1; where N is smaller, all the others.

        Raises:
            ShapeError: The features are something else, or fewer than two samples.
        """
        check_features(features)
        values = in_double(features.detach())
        count = min(most, len(values) - 1)
        nearest = []
        places = torch.arange(len(values), device=values.device)
        for rows, distances in squared_distances(values, values):
            distances.scatter_(1, places[rows, None], torch.inf)  # none is its own neighbour
            nearest.append(distances.topk(count, largest=False).values)
        return cls(values, torch.cat(nearest))

    def radii(self, neighbours: int, others: Tensor) -> Tensor:
        """Squared radii of the balls that reach the so-many-th neighbour, float64 ``(N,)``.

        Balls are closed. So that rounding never decides about a point on their surface, such as a
        copy of the neighbour, they are larger by what rounding may do to a squared distance.

        Args:
            neighbours: Which neighbour, from 1.
            others: float64 ``(M, D)``, what shall be compared with the balls.

        Raises:
            ShapeError: So many neighbours were not looked for, or there are none.
        """
        if not 1 <= neighbours <= self.nearest.shape[1]:
            raise ShapeError(
                f"neighbour {neighbours} of {len(self.features)} samples is asked for, but "
                f"1 to {self.nearest.shape[1]} are known"
            )
        doubt = rounding(self.features, self.features) + rounding(self.features, others)
        return self.nearest[:, neighbours - 1] + doubt + rounding(others, self.features)
