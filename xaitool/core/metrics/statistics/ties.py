"""Ranks where values tie: every order of tied values counts the same."""

from __future__ import annotations

import torch
from torch import Tensor

from xaitool.errors import ShapeError


def expected_by_rank(values: Tensor, by_rank: Tensor) -> Tensor:
    """What each value gets by its rank, 0 for the largest, on average over the orders of ties.

    So no result depends on the order of users, aspects or items.

    Args:
        values: ``(n, m)``; infinite ones tie too.
        by_rank: What each rank gets, ``(m,)``.

    Returns:
        float64 ``(n, m)``.

    Raises:
        ShapeError: A value is NaN, or the shapes do not fit.
    """
    if values.ndim != 2 or by_rank.shape != values.shape[1:]:
        raise ShapeError(
            f"values are {tuple(values.shape)} with {tuple(by_rank.shape)} ranks, "
            "but (n, m) with (m,) is wanted"
        )
    if values.isnan().any():
        raise ShapeError("a value to be ranked is NaN, but numbers are wanted")
    ordered, order = values.sort(dim=1, descending=True)
    group = torch.zeros_like(order)
    group[:, 1:] = (ordered[:, 1:] != ordered[:, :-1]).cumsum(1)
    got = by_rank.double().expand(values.shape)
    total = torch.zeros_like(got).scatter_add(1, group, got)
    size = torch.zeros_like(got).scatter_add(1, group, torch.ones_like(got)).clamp(min=1)
    return torch.zeros_like(got).scatter(1, order, (total / size).gather(1, group))


def top_membership(values: Tensor, count: int) -> Tensor:
    """How surely each value is among the `count` largest of its row.

    Args:
        values: ``(n, m)``.
        count: From 1 to m.

    Returns:
        float64 ``(n, m)`` in [0, 1]: between 0 and 1 where a tie crosses the border, as many
        as chance would take in. Rows have sum `count`.

    Raises:
        ShapeError: A value is NaN, or `count` is out of range.
    """
    if not 1 <= count <= values.shape[1]:
        raise ShapeError(f"the top {count} of {values.shape[1]} are asked for, but there are fewer")
    ranks = torch.arange(values.shape[1], device=values.device)
    return expected_by_rank(values, ranks < count)
