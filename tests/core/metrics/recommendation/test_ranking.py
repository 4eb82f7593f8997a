import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from xaitool.core.metrics.recommendation.ranking import ndcg_at, rated_at_least, recall_at
from xaitool.core.recommenders.engine.ratings import Ratings
from xaitool.errors import ShapeError


def sample(seed=0, values=5, users=40, items=12):
    draws = torch.Generator().manual_seed(seed)
    scores = torch.randint(values, (users, items), generator=draws).double()
    relevance = torch.randint(4, (users, items), generator=draws)
    relevance[:, 0] += 1
    return scores, relevance


@pytest.mark.parametrize("n", [1, 5, 12])
@pytest.mark.parametrize("values", [3, 10**6])
def test_ndcg_equals_sklearn(n, values):
    scores, relevance = sample(values=values)
    wanted = ndcg_score(relevance.numpy(), scores.numpy(), k=n)
    assert ndcg_at(scores, relevance, n).mean().item() == pytest.approx(wanted, abs=1e-12)


def test_hand_made_lists():
    scores = torch.tensor([[0.9, 0.8, 0.7, 0.1]])
    relevant = torch.tensor([[False, True, False, True]])
    assert recall_at(scores, relevant, 2).item() == 0.5
    assert recall_at(scores, relevant, 4).item() == 1
    best = 1 + 1 / math.log2(3)
    assert ndcg_at(scores, relevant, 2).item() == pytest.approx(1 / math.log2(3) / best)


def test_ties_count_as_the_mean_over_their_orders():
    scores, relevant = torch.ones(1, 4), torch.tensor([[True, False, False, False]])
    assert recall_at(scores, relevant, 1).item() == 0.25
    assert ndcg_at(scores, relevant, 1).item() == 0.25


def test_what_is_not_recommended_earns_nothing():
    scores = torch.tensor([[1.0, -torch.inf, -torch.inf]])
    relevant = torch.tensor([[True, True, False]])
    assert recall_at(scores, relevant, 3).item() == 0.5
    assert ndcg_at(scores, relevant, 3).item() == pytest.approx(1 / (1 + 1 / math.log2(3)))


def test_lists_longer_than_the_items_hold_all():
    scores, relevance = sample()
    torch.testing.assert_close(ndcg_at(scores, relevance, 99), ndcg_at(scores, relevance, 12))
    assert (recall_at(scores, relevance > 0, 99) == 1).all()


def test_users_without_relevant_items_are_undefined():
    nothing = torch.zeros(1, 3, dtype=torch.bool)
    assert recall_at(torch.rand(1, 3), nothing, 2).isnan().all()
    assert ndcg_at(torch.rand(1, 3), nothing, 2).isnan().all()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 99), st.integers(1, 12), st.permutations(range(12)))
def test_range_order_and_perfection(seed, n, order):
    scores, relevance = sample(seed, users=3)
    for measure, wanted in ((ndcg_at, relevance), (recall_at, relevance > 1)):
        found = measure(scores, wanted, n)
        assert (found.isnan() | ((found >= 0) & (found <= 1 + 1e-12))).all()
        turned = measure(scores[:, order], wanted[:, order], n)
        torch.testing.assert_close(found, turned, equal_nan=True)
    torch.testing.assert_close(ndcg_at(relevance, relevance, n), torch.ones(3).double())


def test_what_was_rated_and_how_high():
    ratings = Ratings(
        torch.tensor([0, 0, 2, 1]), torch.tensor([1, 0, 2, 2]), torch.tensor([4.0, 3, 5, 5]), 3, 3
    )
    users = torch.tensor([2, 0])
    high = [[False, False, True], [False, True, False]]
    assert rated_at_least(ratings, users, 4).tolist() == high
    assert rated_at_least(ratings, users).tolist() == [[False, False, True], [True, True, False]]


def test_bad_input_is_refused():
    with pytest.raises(ShapeError, match="equal shapes"):
        ndcg_at(torch.ones(2, 3), torch.ones(2, 4), 1)
    with pytest.raises(ShapeError, match="length 0"):
        recall_at(torch.ones(2, 3), torch.ones(2, 3), 0)
    with pytest.raises(ShapeError, match="negative"):
        ndcg_at(torch.ones(2, 3), -torch.ones(2, 3), 1)
    with pytest.raises(ShapeError, match="NaN"):
        ndcg_at(torch.full((2, 3), torch.nan), torch.ones(2, 3), 1)
