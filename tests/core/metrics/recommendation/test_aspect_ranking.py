import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from xaitool.core.metrics.recommendation.aspect_ranking import bottom_recall, top_recall
from xaitool.core.metrics.statistics.defined_mean import defined_mean
from xaitool.errors import ShapeError

NAMES = ["Adventure", "Drama", "Thriller", "Comedy", "Children", "Crime", "War"]


def ranked(*names):
    """Preferences of one user who likes these most, in this order."""
    rest = [name for name in NAMES if name not in names]
    order = [*names, *rest]
    return torch.tensor([[-order.index(name) for name in NAMES]]).double() + 3


def test_example_of_the_paper():
    truth = ranked("Adventure", "Drama", "Thriller")
    predicted = ranked("Adventure", "Comedy", "Children", "Drama", "Crime")
    assert top_recall(truth, predicted, top=3, within=5).item() == pytest.approx(2 / 3)
    assert top_recall(truth, predicted, top=1, within=3).item() == 1


def test_bottom_is_the_top_of_the_negative():
    truth = torch.tensor([[-3.0, -2.0, 1.0, 2.0]])
    predicted = torch.tensor([[1.0, -5.0, 2.0, 3.0]])
    assert bottom_recall(truth, predicted, bottom=1, within=1).item() == 0
    assert bottom_recall(truth, predicted, bottom=1, within=2).item() == 1
    assert bottom_recall(truth, predicted, bottom=2, within=2).item() == 1


@pytest.mark.parametrize(
    ("truth", "predicted", "recall"),
    [
        # The second of the top 2 is one of three zeros, of which one is within the prediction.
        ([1, 0, 0, 0], [4, 3, 2, 1], (1 + 1 / 3) / 2),
        # Both of the prediction are one of four: K / A.
        ([4, 3, 2, 1], [0, 0, 0, 0], 1 / 2),
        # One surely within, the other with a chance of a half.
        ([4, 3, 2, 1], [5, 1, 1, 0], (1 + 1 / 2) / 2),
        # A tie inside the top changes nothing.
        ([4, 4, 2, 1], [3, 3, 1, 1], 1),
    ],
)
def test_ties_count_as_the_mean_over_their_orders(truth, predicted, recall):
    found = top_recall(torch.tensor([truth]), torch.tensor([predicted]), top=2, within=2)
    assert found.item() == pytest.approx(recall)


def test_users_without_truth_are_undefined():
    truth, predicted = torch.tensor([[0.0, 0.0], [1.0, 0.0]]), torch.tensor([[1.0, 0.0]] * 2)
    found = top_recall(truth, predicted, top=1, within=1)
    assert found.isnan().tolist() == [True, False]
    mean = defined_mean(found)
    assert (mean.value, mean.count, mean.undefined) == (1.0, 1, 1)


ROWS = st.lists(st.lists(st.integers(-3, 3), min_size=6, max_size=6), min_size=2, max_size=2).map(
    lambda rows: torch.tensor(rows).double()
)


@settings(max_examples=60, deadline=None)
@given(ROWS, ROWS, st.integers(1, 6), st.integers(1, 6), st.permutations(range(6)))
def test_range_and_order_of_aspects(truth, predicted, top, within, order):
    found = top_recall(truth, predicted, top=top, within=within)
    assert ((found.isnan()) | ((found >= 0) & (found <= 1 + 1e-12))).all()
    turned = top_recall(truth[:, order], predicted[:, order], top=top, within=within)
    torch.testing.assert_close(found, turned, equal_nan=True)


@settings(max_examples=30, deadline=None)
@given(st.permutations(range(6)), st.integers(1, 6), st.integers(0, 5))
def test_perfect_is_1(order, top, more):
    truth = torch.tensor([order]).double()
    found = top_recall(truth, 7 * truth - 2, top=top, within=min(6, top + more))
    assert found.item() == pytest.approx(1)


def test_chance_is_k_in_a():
    draws = torch.Generator().manual_seed(0)
    truth, predicted = torch.randn(2, 20000, 18, generator=draws)
    assert top_recall(truth, predicted, top=1, within=3).mean() == pytest.approx(3 / 18, abs=0.01)
    found = bottom_recall(truth, predicted, bottom=3, within=5).mean()
    assert found == pytest.approx(5 / 18, abs=0.01)


def test_bad_input_is_refused():
    with pytest.raises(ShapeError, match="equal shapes"):
        top_recall(torch.zeros(2, 3), torch.zeros(2, 4), top=1, within=1)
    with pytest.raises(ShapeError, match="the top 5 of 3"):
        top_recall(torch.ones(2, 3), torch.ones(2, 3), top=1, within=5)
