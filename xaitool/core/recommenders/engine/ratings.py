"""Ratings as tensors: who rated what, and how high."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from xaitool.errors import ShapeError


@dataclass(frozen=True)
class Ratings:
    """Some ratings of a fixed population of users and items.

    Attributes:
        users: int64 ``(n,)`` in [0, `user_count`).
        items: int64 ``(n,)`` in [0, `item_count`).
        values: float32 ``(n,)``, on the data's own scale, such as 1 to 5.
        user_count: Users of the whole data, also those without a rating here.
        item_count: Items of the whole data, same.

    Raises:
        ShapeError: The tensors do not fit each other, or an index is out of range.
    """

    users: Tensor
    items: Tensor
    values: Tensor
    user_count: int
    item_count: int

    def __post_init__(self) -> None:
        shapes = {tuple(part.shape) for part in (self.users, self.items, self.values)}
        if len(shapes) > 1 or self.values.ndim != 1:
            raise ShapeError(f"ratings have shapes {sorted(shapes)}, but one (n,) is wanted")
        for name, part, count in (
            ("users", self.users, self.user_count),
            ("items", self.items, self.item_count),
        ):
            if part.dtype != torch.int64 or (
                len(part) and not 0 <= part.min() <= part.max() < count
            ):
                raise ShapeError(f"{name} are not int64 indices below {count}, but have to be")

    def __len__(self) -> int:
        return len(self.values)

    def select(self, rows: Tensor | slice) -> Ratings:
        """Some of them, by slice, index or boolean mask; the population stays."""
        return Ratings(
            self.users[rows],
            self.items[rows],
            self.values[rows],
            self.user_count,
            self.item_count,
        )
