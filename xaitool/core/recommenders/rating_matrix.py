"""Ratings as a sparse matrix, and the products that every alternating fit is made of."""

from __future__ import annotations

import warnings

import torch
import torch.nn.functional as F
from torch import Tensor

from xaitool.core.recommenders.ratings import Ratings


class RatingMatrix:
    """Ratings, sorted by row: of users (`by_user`) or, `transposed`, of items.

    All products walk through the ratings of one row after the other, so that no array of
    ``ratings x factors`` is ever made, and sum in a fixed order, so that a CPU's result does not
    depend on the number of threads.

    Args:
        rows: ``(n,)``, ascending.
        columns: ``(n,)``.
        values: ``(n,)``.
        row_count: How many rows, also those without ratings.
        column_count: Same of columns.

    Attributes:
        rows: Of every rating, int32 unless there are too many.
        columns: Same.
        values: ``(n,)``.
        counts: int64 ``(row_count,)``, ratings of a row.
        column_counts: int64 ``(column_count,)``, ratings of a column.
    """

    def __init__(
        self, rows: Tensor, columns: Tensor, values: Tensor, row_count: int, column_count: int
    ) -> None:
        index = _index_type(len(values))
        self.rows, self.columns, self.values = rows.to(index), columns.to(index), values
        self.counts = torch.bincount(rows, minlength=row_count)
        self.column_counts = torch.bincount(columns, minlength=column_count)
        self._offsets = F.pad(self.counts.cumsum(0), (1, 0)).to(index)
        with warnings.catch_warnings():
            # torch says once a process that CSR is in beta state.
            warnings.filterwarnings("ignore", message="Sparse CSR tensor support", append=False)
            self._zeros = torch.sparse_csr_tensor(
                self._offsets,
                self.columns,
                torch.zeros_like(self.values),
                (row_count, column_count),
                check_invariants=False,
            )

    @classmethod
    def by_user(cls, ratings: Ratings, values: Tensor) -> RatingMatrix:
        """Users are rows, a user's items ascend.

        Args:
            ratings: Who rated what, in any order.
            values: ``(n,)`` in the same order, in place of the ratings' own.
        """
        users, items = ratings.users, ratings.items
        places = users * ratings.item_count + items
        order = _stable_order(places, ratings.user_count * ratings.item_count)
        users, items, values = (part.index_select(0, order) for part in (users, items, values))
        return cls(users, items, values, ratings.user_count, ratings.item_count)

    def transposed(self) -> tuple[RatingMatrix, Tensor]:
        """The matrix with columns as rows, and int64 ``(n,)``: where its ratings are in this."""
        order = _stable_order(self.columns, len(self.column_counts))
        columns, rows, values = (
            part.index_select(0, order) for part in (self.columns, self.rows, self.values)
        )
        matrix = RatingMatrix(columns, rows, values, len(self.column_counts), len(self.counts))
        return matrix, order

    def dots(self, left: Tensor, right: Tensor) -> Tensor:
        """``left[row] . right[column]`` of every rating, ``(n,)``.

        Args:
            left: ``(rows, k)``.
            right: ``(columns, k)``, same dtype as the values.
        """
        dots: Tensor = torch.sparse.sampled_addmm(self._zeros, left, right.T).values()
        return dots

    def sums(self, weights: Tensor, right: Tensor) -> Tensor:
        """Of every row, the sum of ``weight * right[column]`` over its ratings: ``(rows, k)``.

        Args:
            weights: ``(n,)``.
            right: ``(columns, k)``, same dtype as the weights.
        """
        return F.embedding_bag(
            self.columns,
            right,
            self._offsets,
            mode="sum",
            per_sample_weights=weights,
            include_last_offset=True,
        )

    def row_sums(self, weights: Tensor) -> Tensor:
        """Of every row, the sum of its weights ``(n,)``: ``(rows,)``."""
        return torch.segment_reduce(weights, "sum", lengths=self.counts)

    def spread(self, by_row: Tensor) -> Tensor:
        """Of every rating, its row's number: ``(rows,)`` to ``(n,)``."""
        return by_row.index_select(0, self.rows)


def _stable_order(keys: Tensor, bound: int) -> Tensor:
    # The sort takes time by the byte of a key.
    return torch.argsort(keys.to(_index_type(bound)), stable=True)


def _index_type(bound: int) -> torch.dtype:
    return torch.int32 if bound <= torch.iinfo(torch.int32).max else torch.int64
