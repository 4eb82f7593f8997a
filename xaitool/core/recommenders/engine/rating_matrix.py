"""Ratings as a sparse matrix, and the products that every alternating fit is made of."""

from __future__ import annotations

import warnings

import torch
import torch.nn.functional as F
from torch import Tensor

from xaitool.core.recommenders.engine.ratings import Ratings


class RatingMatrix:
    """Who rated what, sorted by row: of users (`by_user`) or, `transposed`, of items.

    All products walk through the ratings of one row after the other, so that no array of
    ``ratings x factors`` is ever made, and sum in a fixed order, so that a CPU's result does not
    depend on the number of threads.

    Args:
        columns: ``(n,)``, the ratings of the first row before those of the second, and so on.
        counts: int64 ``(rows,)``, ratings of a row.
        column_counts: int64 ``(columns,)``, ratings of a column.
        order: int64 ``(n,)``, where these ratings are in the order that they came in.
        dtype: Of all numbers that are multiplied.

    Attributes:
        rows: Of every rating, ``(n,)``, ascending, int32 unless there are too many.
        columns: Same, but not ascending.
        counts: As given.
        column_counts: As given.
        order: As given.
    """

    def __init__(
        self,
        columns: Tensor,
        counts: Tensor,
        column_counts: Tensor,
        order: Tensor,
        dtype: torch.dtype,
    ) -> None:
        index = _narrowest(len(order), torch.int32, torch.int64)
        self.counts, self.column_counts, self.order = counts, column_counts, order
        numbers = torch.arange(len(counts), dtype=index, device=counts.device)
        self.rows = torch.repeat_interleave(numbers, counts, output_size=len(order))
        self.columns = columns.to(index)
        self._offsets = F.pad(counts.cumsum(0), (1, 0)).to(index)
        self._dtype = dtype
        with warnings.catch_warnings():
            # torch says once a process that CSR is in beta state.
            warnings.filterwarnings("ignore", message="Sparse CSR tensor support", append=False)
            self._zeros = torch.sparse_csr_tensor(
                self._offsets,
                self.columns,
                torch.zeros(len(order), dtype=dtype, device=counts.device),
                (len(counts), len(column_counts)),
                check_invariants=False,
            )

    @classmethod
    def by_user(cls, ratings: Ratings, dtype: torch.dtype = torch.float32) -> RatingMatrix:
        """Users are rows; a user's ratings stay in the order of `ratings`."""
        order = _stable_order(ratings.users, ratings.user_count)
        return cls(
            ratings.items.index_select(0, order),
            torch.bincount(ratings.users, minlength=ratings.user_count),
            torch.bincount(ratings.items, minlength=ratings.item_count),
            order,
            dtype,
        )

    def transposed(self) -> RatingMatrix:
        """Columns are rows; its `order` is of places in this matrix."""
        order = _stable_order(self.columns, len(self.column_counts))
        rows = self.rows.index_select(0, order)
        return RatingMatrix(rows, self.column_counts, self.counts, order, self._dtype)

    def sort(self, values: Tensor) -> Tensor:
        """Numbers of ratings ``(n,)``, from the order that they came in to this matrix's."""
        return values.index_select(0, self.order)

    def unsort(self, values: Tensor) -> Tensor:
        """The inverse of `sort`."""
        return torch.empty_like(values).index_copy_(0, self.order, values)

    def dots(self, left: Tensor, right: Tensor) -> Tensor:
        """``left[row] . right[column]`` of every rating, ``(n,)``.

        Args:
            left: ``(rows, k)``, of the matrix's dtype.
            right: ``(columns, k)``, same dtype.
        """
        dots: Tensor = torch.sparse.sampled_addmm(self._zeros, left, right.T).values()
        return dots

    def sums(self, weights: Tensor, right: Tensor) -> Tensor:
        """Of every row, the sum of ``weight * right[column]`` over its ratings: ``(rows, k)``.

        Args:
            weights: ``(n,)``.
            right: ``(columns, k)``, same dtype.
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
    keys = keys.to(_narrowest(bound, torch.int16, torch.int32, torch.int64))
    return torch.argsort(keys, stable=True)


def _narrowest(bound: int, *types: torch.dtype) -> torch.dtype:
    return next(kind for kind in types if bound <= torch.iinfo(kind).max)
