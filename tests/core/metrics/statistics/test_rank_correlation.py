import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from xaitool.core.metrics.statistics.rank_correlation import rank_correlation
from xaitool.errors import ShapeError

ROW = st.lists(st.integers(-2, 2), min_size=5, max_size=5)


def correlation(first, second):
    return rank_correlation(torch.tensor([first]), torch.tensor([second])).item()


def test_hand_made_rows():
    assert correlation([1.0, 2.0, 3.0], [10.0, 200.0, 201.0]) == 1
    assert correlation([1.0, 2.0, 3.0], [3.0, 2.0, 1.0]) == -1
    assert correlation([1.0, 1.0, 2.0], [1.0, 2.0, 3.0]) == pytest.approx(0.75**0.5)


def test_a_constant_row_is_undefined():
    assert rank_correlation(torch.ones(1, 3), torch.tensor([[1.0, 2.0, 3.0]])).isnan().all()


@pytest.mark.oracle
def test_equals_scipy():
    stats = pytest.importorskip("scipy.stats")
    draws = torch.Generator().manual_seed(0)
    first, second = torch.randint(6, (2, 50, 18), generator=draws)
    wanted = [
        stats.spearmanr(*pair).statistic for pair in zip(first.numpy(), second.numpy(), strict=True)
    ]
    found = rank_correlation(first, second)
    torch.testing.assert_close(found, torch.tensor(wanted, dtype=torch.float64))


@settings(max_examples=60, deadline=None)
@given(ROW, ROW, st.permutations(range(5)))
def test_symmetry_range_and_order(first, second, order):
    first, second = torch.tensor([first]), torch.tensor([second])
    found = rank_correlation(first, second)
    assert found.isnan().item() or -1 <= found.item() <= 1
    torch.testing.assert_close(found, rank_correlation(second, first), equal_nan=True)
    turned = rank_correlation(first[:, order], second[:, order])
    torch.testing.assert_close(found, turned, equal_nan=True)


def test_bad_input_is_refused():
    with pytest.raises(ShapeError, match="equal shapes"):
        rank_correlation(torch.ones(2, 3), torch.ones(3, 3))
