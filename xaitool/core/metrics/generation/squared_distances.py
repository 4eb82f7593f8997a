"""Squared Euclidean distances between two sets of features, some rows of the matrix at a time."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

NUMBERS_AT_ONCE = 2**21  # of the matrix: 16 MB, however large the sets are


def squared_distances(queries: Tensor, candidates: Tensor) -> Iterator[tuple[slice, Tensor]]:
    """Rows of the matrix of squared distances, in order.

    By one matrix product a part. Both sets are moved by the mean of `candidates` first, so that a
    mean far from zero costs no precision. What rounding leaves is at most `rounding`, and an entry
    may be that much below zero.

    Args:
        queries: float64 ``(N, D)``.
        candidates: float64 ``(M, D)``.

    Yields:
        Which n queries, and their distances, float64 ``(n, M)``.
    """
    queries, candidates = _centred(queries, candidates)
    norms = candidates.square().sum(1)
    at_once = max(1, NUMBERS_AT_ONCE // len(candidates))
    for start in range(0, len(queries), at_once):
        rows = slice(start, start + at_once)
        part = queries[rows]
        lengths = part.square().sum(1, keepdim=True) + norms
        yield rows, lengths.addmm_(part, candidates.T, alpha=-2)


def rounding(queries: Tensor, candidates: Tensor) -> Tensor:
    """How far an entry of `squared_distances` may be from the truth, float64 ``()``.

    Sums of D products are off by at most D + 2 units of rounding of the sum of their magnitudes
    (Higham 2002, section 3.1); the factor covers norms and product.
    """
    queries, candidates = _centred(queries, candidates)
    largest = queries.square().sum(1).amax() + candidates.square().sum(1).amax()
    return 2 * (queries.shape[1] + 2) * torch.finfo(queries.dtype).eps * largest


def _centred(queries: Tensor, candidates: Tensor) -> tuple[Tensor, Tensor]:
    centre = candidates.mean(0)
    return queries - centre, candidates - centre
