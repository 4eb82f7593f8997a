import pytest
import torch

from tests.core.recommenders.planted import with_cold
from xaitool.core.recommenders.rating_matrix import RatingMatrix


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("side", ["by_user", "by_item"])
def test_products_equal_those_of_gathered_rows(side, dtype):
    ratings = with_cold()
    values = ratings.values.to(dtype)
    matrix = getattr(RatingMatrix, side)(ratings, values)
    rows, columns = ratings.users, ratings.items
    if side == "by_item":
        rows, columns = columns, rows
    order = torch.argsort(rows * 1000 + columns)
    rows, columns = rows[order], columns[order]
    left = torch.randn(len(matrix.counts), 7, dtype=dtype)
    right = torch.randn(int(columns.max()) + 2, 7, dtype=dtype)

    torch.testing.assert_close(matrix.values, values[order])
    torch.testing.assert_close(
        matrix.dots(left, right), (left[rows] * right[columns]).sum(1), rtol=1e-5, atol=1e-5
    )
    expected = torch.zeros_like(left).index_add_(0, rows, values[order, None] * right[columns])
    torch.testing.assert_close(matrix.sums(matrix.values, right), expected, rtol=1e-5, atol=1e-4)


def test_a_row_without_ratings_sums_to_zero():
    ratings = with_cold()
    matrix = RatingMatrix.by_user(ratings, ratings.values)
    assert matrix.counts[-1] == 0
    assert not matrix.sums(matrix.values, torch.ones(ratings.item_count, 2))[-1].any()


def test_the_same_pair_twice_counts_twice():
    matrix = RatingMatrix(
        torch.tensor([0, 0]), torch.tensor([1, 1]), torch.tensor([2.0, 3.0]), 1, 2
    )
    right = torch.tensor([[5.0], [7.0]])
    torch.testing.assert_close(matrix.sums(matrix.values, right), torch.tensor([[35.0]]))
    torch.testing.assert_close(matrix.dots(torch.tensor([[2.0]]), right), torch.tensor([14.0] * 2))
