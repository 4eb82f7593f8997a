import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from xaitool.core.metrics.recommendation.specific_agreement import specific_agreement
from xaitool.errors import ShapeError


def agreement(truth, predicted):
    wide = (torch.tensor([row], dtype=torch.float64) for row in (truth, predicted))
    return specific_agreement(*wide).item()


@pytest.mark.parametrize(
    ("truth", "predicted", "cosine"),
    [
        ([0.3, -0.1, 0.0], [3.0, -1.0, 0.0], 1),
        ([0.3, 0.0, 0.0], [-2.0, 0.0, 0.0], -1),
        ([1.0, 0.0, 1.0], [1.0, 0.0, 0.0], math.sqrt(0.5)),
        ([1.0, 1.0, 0.0], [0.0, 0.0, 0.0], 0),
        ([1e-300, 1e-300, 0.0], [1e-20, 0.0, 0.0], math.sqrt(0.5)),
    ],
)
def test_hand_made_pairs(truth, predicted, cosine):
    assert agreement(truth, predicted) == pytest.approx(cosine)


def test_without_truth_it_is_undefined():
    assert math.isnan(agreement([0.0, 0.0], [1.0, 0.0]))
    assert math.isnan(agreement([0.0, 0.0], [0.0, 0.0]))


def test_equals_torch():
    draws = torch.Generator().manual_seed(0)
    truth, predicted = torch.randn(2, 100, 18, generator=draws, dtype=torch.float64)
    wanted = torch.nn.functional.cosine_similarity(truth, predicted)
    torch.testing.assert_close(specific_agreement(truth, predicted), wanted)


FLOATS = st.lists(st.floats(-1e3, 1e3, allow_subnormal=False), min_size=4, max_size=4)


@settings(max_examples=60, deadline=None)
@given(FLOATS, FLOATS, st.permutations(range(4)))
def test_range_and_order_of_aspects(truth, predicted, order):
    truth, predicted = torch.tensor([truth]).double(), torch.tensor([predicted]).double()
    found = specific_agreement(truth, predicted)
    assert found.isnan().item() == (not truth.any())
    assert found.isnan().item() or -1 <= found.item() <= 1
    turned = specific_agreement(truth[:, order], predicted[:, order])
    torch.testing.assert_close(found, turned, equal_nan=True)


def test_bad_input_is_refused():
    with pytest.raises(ShapeError, match="equal shapes"):
        specific_agreement(torch.ones(2, 3), torch.ones(2, 4))
    with pytest.raises(ShapeError, match="NaN or infinite"):
        agreement([1.0, 2.0], [torch.inf, 0.0])
