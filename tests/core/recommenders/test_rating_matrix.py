import pytest
import torch

from tests.core.recommenders.planted import with_cold
from xaitool.core.recommenders.rating_matrix import RatingMatrix
from xaitool.core.recommenders.ratings import Ratings


def shuffled():
    ratings = with_cold()
    return ratings.select(torch.randperm(len(ratings), generator=torch.Generator().manual_seed(4)))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("transposed", [False, True])
def test_products_equal_those_of_gathered_rows(transposed, dtype):
    ratings = shuffled()
    values = ratings.values.to(dtype)
    matrix = RatingMatrix.by_user(ratings, values)
    rows, columns = ratings.users, ratings.items
    if transposed:
        matrix, _ = matrix.transposed()
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
    alone = torch.zeros_like(left[:, 0]).index_add_(0, rows, values[order])
    torch.testing.assert_close(matrix.row_sums(matrix.values), alone, rtol=1e-5, atol=1e-4)
    assert matrix.spread(left[:, 0]).equal(left[rows, 0])
    assert matrix.counts.equal(torch.bincount(rows, minlength=len(matrix.counts)))
    assert matrix.column_counts.equal(torch.bincount(columns, minlength=len(matrix.column_counts)))


def test_the_transposed_order_leads_back():
    ratings = shuffled()
    matrix = RatingMatrix.by_user(ratings, ratings.values)
    transposed, order = matrix.transposed()
    assert transposed.values.equal(matrix.values[order])
    assert transposed.rows.equal(matrix.columns[order])
    assert transposed.columns.equal(matrix.rows[order])


def test_more_pairs_than_int32_can_count_are_sorted_too():
    ratings = Ratings(
        torch.tensor([69_999, 0, 69_999]),
        torch.tensor([60_000, 69_999, 3]),
        torch.tensor([1.0, 2.0, 3.0]),
        70_000,
        70_000,
    )
    matrix = RatingMatrix.by_user(ratings, ratings.values)
    assert matrix.values.tolist() == [2.0, 3.0, 1.0]


def test_a_row_without_ratings_sums_to_zero():
    ratings = with_cold()
    matrix = RatingMatrix.by_user(ratings, ratings.values)
    assert matrix.counts[-1] == 0
    assert not matrix.sums(matrix.values, torch.ones(ratings.item_count, 2))[-1].any()
    assert matrix.row_sums(matrix.values)[-1] == 0


def test_the_same_pair_twice_counts_twice():
    matrix = RatingMatrix(
        torch.tensor([0, 0]), torch.tensor([1, 1]), torch.tensor([2.0, 3.0]), 1, 2
    )
    right = torch.tensor([[5.0], [7.0]])
    torch.testing.assert_close(matrix.sums(matrix.values, right), torch.tensor([[35.0]]))
    torch.testing.assert_close(matrix.dots(torch.tensor([[2.0]]), right), torch.tensor([14.0] * 2))
