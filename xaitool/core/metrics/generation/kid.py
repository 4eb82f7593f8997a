"""Kernel distance between two sets of features."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from xaitool.core.metrics.generation.feature_check import check_features
from xaitool.core.metrics.generation.feature_statistics import in_double
from xaitool.errors import ConfigError

# Of the kernel matrix at a time: stays in a processor's cache, and bounds the memory.
ROWS = 250


@dataclass(frozen=True)
class KernelDistance:
    """Squared maximum mean discrepancy over random subsets.

    Attributes:
        mean: Over the subsets. The estimate is unbiased, so it may be slightly below zero.
        standard_deviation: Over the subsets, divided by their number; 0 for one subset.
    """

    mean: float
    standard_deviation: float


def kid(
    features_a: Tensor,
    features_b: Tensor,
    *,
    subsets: int = 100,
    subset_size: int = 1000,
    generator: torch.Generator,
) -> KernelDistance:
    """Kernel distance with the polynomial kernel ``(x·y / D + 1)^3`` (Bińkowski et al. 2018).

    The estimate of a pair of subsets of m samples is that of the paper's code: pairs of a sample
    with itself are left out within a set, and all m^2 pairs count across sets. Subsets are drawn
    without replacement, each anew. Where a set has fewer than `subset_size` samples, subsets have
    the size of the smaller set; when that is the size of both, there is only one. Kernels are
    computed in float64.

    Args:
        features_a: ``(N, D)``, floating.
        features_b: ``(M, D)``, floating, on the same device.
        subsets: Number of pairs of subsets, at least 1.
        subset_size: Samples in a subset, at least 2.
        generator: Source of the draws.

    Raises:
        ShapeError: A set is not floating ``(samples, D)`` with two samples or more, the D differ,
            or a feature is NaN or infinite.
        ConfigError: `subsets` or `subset_size` is too small.
    """
    check_features(features_a)
    check_features(features_b, features_a.shape[1])
    _check_sizes(subsets, subset_size)
    size = min(subset_size, len(features_a), len(features_b))
    if size == len(features_a) == len(features_b):
        subsets = 1
    distances = torch.stack(
        [
            _squared_discrepancy(
                _draw(features_a, size, generator), _draw(features_b, size, generator)
            )
            for _ in range(subsets)
        ]
    )
    return KernelDistance(distances.mean().item(), distances.std(correction=0).item())


def _draw(features: Tensor, size: int, generator: torch.Generator) -> Tensor:
    order = torch.randperm(len(features), generator=generator, device=generator.device)
    return in_double(features.detach()[order[:size].to(features.device)])


def _squared_discrepancy(x: Tensor, y: Tensor) -> Tensor:
    size = len(x)
    within = (_sum_within(x) + _sum_within(y)) / (size * (size - 1))
    return within - 2 * _sum_across(x, y) / size**2


def _sum_within(x: Tensor) -> Tensor:
    """Over all ordered pairs of different samples: twice what is right of the diagonal."""
    total = x.new_zeros(())
    for start in range(0, len(x), ROWS):
        total += _kernel(x[start : start + ROWS], x[start:]).triu_(1).sum()
    return 2 * total


def _sum_across(x: Tensor, y: Tensor) -> Tensor:
    total = x.new_zeros(())
    for start in range(0, len(x), ROWS):
        total += _kernel(x[start : start + ROWS], y).sum()
    return total


def _kernel(x: Tensor, y: Tensor) -> Tensor:
    return torch.addmm(x.new_ones(()), x, y.T, alpha=1 / x.shape[1]).pow_(3)


def _check_sizes(subsets: int, subset_size: int) -> None:
    if subsets < 1:
        raise ConfigError(f"subsets is {subsets}, but at least 1 is wanted")
    if subset_size < 2:
        raise ConfigError(f"subset size is {subset_size}, but at least 2 is wanted")
