from itertools import permutations

import pytest
import torch

from xaitool.core.metrics.statistics.ties import expected_by_rank, top_membership
from xaitool.errors import ShapeError


def over_all_orders(values, by_rank):
    """Mean over all orders in which the values are sorted, largest first."""
    wanted, orders = torch.zeros(len(values), dtype=torch.float64), 0
    for order in permutations(range(len(values))):
        ordered = [values[place] for place in order]
        if ordered == sorted(ordered, reverse=True):
            wanted[list(order)] += by_rank.double()
            orders += 1
    return wanted / orders


@pytest.mark.parametrize("seed", range(10))
def test_is_the_mean_over_all_orders_of_ties(seed):
    draws = torch.Generator().manual_seed(seed)
    values = torch.randint(3, (5,), generator=draws).double()
    by_rank = torch.rand(5, generator=draws, dtype=torch.float64)
    wanted = over_all_orders(values.tolist(), by_rank)
    torch.testing.assert_close(expected_by_rank(values[None], by_rank)[0], wanted)


def test_members_of_the_top():
    values = torch.tensor([[3, 1, 2, 2, 2], [5, 4, 3, 2, 1]])
    third = 1 / 3
    wanted = torch.tensor([[1, 0, third, third, third], [1, 1, 0, 0, 0]]).double()
    torch.testing.assert_close(top_membership(values, 2), wanted)


def test_infinite_values_tie():
    lowest = -torch.inf
    assert top_membership(torch.tensor([[1, lowest, lowest]]), 2).tolist() == [[1, 0.5, 0.5]]


def test_no_rows_are_no_rows():
    assert top_membership(torch.zeros(0, 4), 2).shape == (0, 4)


def test_bad_input_is_refused():
    with pytest.raises(ShapeError, match="NaN"):
        expected_by_rank(torch.tensor([[1, torch.nan]]), torch.zeros(2))
    with pytest.raises(ShapeError, match=r"\(n, m\) with \(m,\) is wanted"):
        expected_by_rank(torch.zeros(2, 3), torch.zeros(2))
    for count in (0, 4):
        with pytest.raises(ShapeError, match=f"the top {count} of 3"):
            top_membership(torch.zeros(1, 3), count)
