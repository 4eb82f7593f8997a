"""Ratings as a sparse matrix, and the two products that every alternating fit is made of."""

from __future__ import annotations

import warnings

import torch
import torch.nn.functional as F
from torch import Tensor

from xaitool.core.recommenders.ratings import Ratings


class RatingMatrix:
    """Ratings by row: of users (`by_user`) or, transposed, of items (`by_item`).

    Both products walk through the ratings of one row after the other, so that no array of
    ``ratings x factors`` is ever made, and sum in a fixed order, so that a CPU's result does not
    depend on the number of threads.

    Attributes:
        values: ``(n,)``, in the order of the rows, then of the columns.
        counts: int64 ``(rows,)``, ratings of a row.
    """

    def __init__(
        self, rows: Tensor, columns: Tensor, values: Tensor, row_count: int, column_count: int
    ) -> None:
        order = torch.argsort(rows * column_count + columns, stable=True)
        self.values = values[order]
        self.counts = torch.bincount(rows, minlength=row_count)
        self._columns = columns[order]
        self._offsets = F.pad(self.counts.cumsum(0), (1, 0))
        with warnings.catch_warnings():
            # torch says once a process that CSR is in beta state.
            warnings.filterwarnings("ignore", message="Sparse CSR tensor support", append=False)
            self._zeros = torch.sparse_csr_tensor(
                self._offsets,
                self._columns,
                torch.zeros_like(self.values),
                (row_count, column_count),
                check_invariants=False,
            )

    @classmethod
    def by_user(cls, ratings: Ratings, values: Tensor) -> RatingMatrix:
        """Users are rows; `values` ``(n,)`` replace the ratings' own, in the ratings' order."""
        return cls(ratings.users, ratings.items, values, ratings.user_count, ratings.item_count)

    @classmethod
    def by_item(cls, ratings: Ratings, values: Tensor) -> RatingMatrix:
        """Items are rows; `values` ``(n,)`` replace the ratings' own, in the ratings' order."""
        return cls(ratings.items, ratings.users, values, ratings.item_count, ratings.user_count)

    def dots(self, left: Tensor, right: Tensor) -> Tensor:
        """``left[row] . right[column]`` of every rating, ``(n,)`` in the order of `values`.

        Args:
            left: ``(rows, k)``.
            right: ``(columns, k)``, same dtype as the values.
        """
        dots: Tensor = torch.sparse.sampled_addmm(self._zeros, left, right.T).values()
        return dots

    def sums(self, weights: Tensor, right: Tensor) -> Tensor:
        """Of every row, the sum of ``weight * right[column]`` over its ratings: ``(rows, k)``.

        Args:
            weights: ``(n,)`` in the order of `values`.
            right: ``(columns, k)``, same dtype as the weights.
        """
        return F.embedding_bag(
            self._columns,
            right,
            self._offsets,
            mode="sum",
            per_sample_weights=weights,
            include_last_offset=True,
        )
