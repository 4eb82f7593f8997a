"""Numbers about ratings as plain values, for rows and records."""

from __future__ import annotations

from typing import Any

from torch import Tensor

# More are noise of float32 at the scale of ratings.
DECIMALS = 6


def plain(values: Tensor) -> list[Any]:
    """Numbers of a tensor, rounded, in lists as deep as it has dimensions; no -0."""
    return (values.cpu().double().round(decimals=DECIMALS) + 0.0).tolist()


def by_aspect(values: Tensor, present: Tensor, names: tuple[str, ...]) -> list[dict[str, float]]:
    """Each row as a mapping from the aspects that are present, largest magnitude first.

    Args:
        values: float ``(n, A)``.
        present: bool ``(n, A)``.
        names: Of the A aspects; of equal magnitudes the first comes first.
    """
    magnitudes = values.abs().masked_fill(~present, -1)
    order = magnitudes.argsort(dim=1, descending=True, stable=True)
    return [
        {names[aspect]: value for aspect, value in zip(row[:n], own[:n], strict=True)}
        for row, own, n in zip(
            order.tolist(), plain(values.gather(1, order)), present.sum(1).tolist(), strict=True
        )
    ]
