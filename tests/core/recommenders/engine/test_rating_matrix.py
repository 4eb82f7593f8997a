import pytest
import torch

from tests.core.recommenders.planted import with_cold
from xaitool.core.recommenders.engine.rating_matrix import RatingMatrix
from xaitool.core.recommenders.engine.ratings import Ratings


def shuffled():
    ratings = with_cold()
    return ratings.select(torch.randperm(len(ratings), generator=torch.Generator().manual_seed(4)))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("transposed", [False, True])
def test_products_equal_those_of_gathered_rows(transposed, dtype):
    ratings = shuffled()
    values = ratings.values.to(dtype)
    rows, columns = ratings.users, ratings.items
    matrix = RatingMatrix.by_user(ratings, dtype)
    numbers = matrix.sort(values)
    if transposed:
        matrix = matrix.transposed()
        numbers = matrix.sort(numbers)
        rows, columns = columns, rows
    left = torch.randn(len(matrix.counts), 7, dtype=dtype)
    right = torch.randn(len(matrix.column_counts), 7, dtype=dtype)

    dots = (left[rows] * right[columns]).sum(1)
    found = matrix.unsort(matrix.dots(left, right))
    if transposed:
        found = RatingMatrix.by_user(ratings, dtype).unsort(found)
    torch.testing.assert_close(found, dots, rtol=1e-5, atol=1e-5)
    expected = torch.zeros_like(left).index_add_(0, rows, values[:, None] * right[columns])
    torch.testing.assert_close(matrix.sums(numbers, right), expected, rtol=1e-5, atol=1e-4)
    alone = torch.zeros_like(left[:, 0]).index_add_(0, rows, values)
    torch.testing.assert_close(matrix.row_sums(numbers), alone, rtol=1e-5, atol=1e-4)
    assert matrix.spread(left[:, 0]).equal(left[matrix.rows.long(), 0])
    assert matrix.rows.equal(matrix.rows.sort().values)
    assert matrix.counts.equal(torch.bincount(rows, minlength=len(matrix.counts)))
    assert matrix.column_counts.equal(torch.bincount(columns, minlength=len(matrix.column_counts)))


def test_sorting_leads_back():
    ratings = shuffled()
    by_user = RatingMatrix.by_user(ratings)
    assert by_user.sort(ratings.users).equal(by_user.rows.long())
    assert by_user.sort(ratings.items).equal(by_user.columns.long())
    assert by_user.unsort(by_user.sort(ratings.values)).equal(ratings.values)
    by_item = by_user.transposed()
    assert by_item.sort(by_user.columns).equal(by_item.rows)
    assert by_item.sort(by_user.rows).equal(by_item.columns)
    assert by_item.unsort(by_item.sort(ratings.values)).equal(ratings.values)


def test_more_users_than_int16_can_count_are_sorted_too():
    users, items = torch.tensor([69_999, 0, 40_000]), torch.tensor([60_000, 69_999, 3])
    ratings = Ratings(users, items, torch.tensor([1.0, 2.0, 3.0]), 70_000, 70_000)
    matrix = RatingMatrix.by_user(ratings)
    assert matrix.sort(ratings.values).tolist() == [2.0, 3.0, 1.0]
    assert matrix.transposed().columns.tolist() == [40_000, 69_999, 0]


def test_a_row_without_ratings_sums_to_zero():
    ratings = with_cold()
    matrix = RatingMatrix.by_user(ratings)
    assert matrix.counts[-1] == 0
    assert not matrix.sums(ratings.values, torch.ones(ratings.item_count, 2))[-1].any()
    assert matrix.row_sums(ratings.values)[-1] == 0


def test_the_same_pair_twice_counts_twice():
    pair = torch.tensor([0, 0])
    ratings = Ratings(pair, pair + 1, torch.tensor([2.0, 3.0]), 1, 2)
    matrix = RatingMatrix.by_user(ratings)
    right = torch.tensor([[5.0], [7.0]])
    torch.testing.assert_close(matrix.sums(ratings.values, right), torch.tensor([[35.0]]))
    torch.testing.assert_close(matrix.dots(torch.tensor([[2.0]]), right), torch.tensor([14.0] * 2))
