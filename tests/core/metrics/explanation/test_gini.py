import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from xaitool.core.metrics.explanation.gini import gini_index
from xaitool.errors import ShapeError


def by_differences(values):
    """The mean absolute difference of all pairs over twice the mean: the other usual form."""
    magnitudes = values.abs()
    differences = (magnitudes[:, None] - magnitudes[None]).abs().sum()
    return (differences / (2 * len(values) * magnitudes.sum())).item()


def test_closed_forms():
    one_hot = torch.zeros(1, 2, 3)
    one_hot[0, 1, 1] = -7
    assert gini_index(torch.full((1, 2, 3), -0.3)).item() == pytest.approx(0, abs=1e-12)
    assert gini_index(one_hot).item() == pytest.approx(1 - 1 / 6)
    assert gini_index(torch.tensor([[1.0, 3.0]])).item() == pytest.approx(0.25)


def test_a_map_of_zeros_is_undefined():
    found = gini_index(torch.tensor([[0.0, 0.0], [0.0, 1.0]]))
    assert found.isnan().tolist() == [True, False]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(-9, 9), min_size=1, max_size=8).filter(any), st.floats(0.01, 100))
def test_equals_the_mean_difference_whatever_the_scale_sign_and_order(row, scale):
    values = torch.tensor(row, dtype=torch.float64)
    found = gini_index(values[None]).item()
    assert found == pytest.approx(by_differences(values), abs=1e-12)
    assert found == pytest.approx(gini_index(-scale * values.flip(0)[None]).item(), abs=1e-12)


def test_refuses_nan_and_nothing():
    with pytest.raises(ShapeError, match="1 NaN or infinite"):
        gini_index(torch.tensor([[0.0, torch.nan]]))
    with pytest.raises(ShapeError, match="finite"):
        gini_index(torch.empty(2, 0))
