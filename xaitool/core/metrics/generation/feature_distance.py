"""How far apart samples are from one another."""

from __future__ import annotations

import torch
from torch import Tensor

from xaitool.core.metrics.generation.feature_check import check_features
from xaitool.core.metrics.generation.feature_statistics import in_double
from xaitool.core.metrics.generation.squared_distances import rounding, squared_distances


def mean_distance(features: Tensor) -> float:
    """Mean Euclidean distance of all pairs of different samples.

    Args:
        features: ``(N, D)``, floating, finite.

    Returns:
        In the units of the features; 0 where all samples are the same.

    Raises:
        ShapeError: The features are something else, or fewer than two samples.
    """
    check_features(features)
    values = in_double(features.detach())
    count, doubt = len(values), rounding(values, values)
    total = values.new_zeros(())
    for _, distances in squared_distances(values, values):
        # A root would turn rounding of 1e-16, as of a sample with itself, into 1e-8.
        total += torch.where(distances > doubt, distances, 0).sqrt().sum()
    return total.item() / (count * (count - 1))


def feature_distance(generated: Tensor, real_distance: float) -> float:
    """How diverse generated samples are, in units of how diverse real ones are.

    The mean distance of pairs of generated samples, divided by that of real ones: 1 as diverse, 0
    all alike, whatever they look like. A collapse onto one sample of each class keeps much of it;
    see `class_coverage` and `pixel_deviation` for other signs.

    Args:
        generated: ``(N, D)``, floating, finite.
        real_distance: `mean_distance` of the real samples.

    Returns:
        At least 0; NaN where the real samples are all the same.

    Raises:
        ShapeError: The features are something else, or fewer than two samples.
    """
    distance = mean_distance(generated)
    return distance / real_distance if real_distance else float("nan")
