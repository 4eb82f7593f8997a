import pytest
import torch

from tests.core.recommenders.given_vectors import random_ratings
from xaitool.core.recommenders.aspects.preferences import (
    for_items,
    l1_normalised,
    popularity_preferences,
    preference_truth,
    random_preferences,
)
from xaitool.core.recommenders.engine.ratings import Ratings


def sample(seed=0):
    draws = torch.Generator().manual_seed(seed)
    ratings = random_ratings(20, 30, draws, count=200)
    return ratings, torch.rand(30, 5, generator=draws) < 0.4


def plain_truth(ratings, aspects, decimals=None):
    """Paper, section 4.3, word for word."""

    def average(values):
        plain = sum(values) / len(values) if values else 0.0
        return plain if decimals is None else round(plain, decimals)

    rows = list(
        zip(ratings.users.tolist(), ratings.items.tolist(), ratings.values.tolist(), strict=True)
    )
    mean = average([rating for _, _, rating in rows])
    of_user = [average([r for u, _, r in rows if u == user]) - mean for user in range(20)]
    of_item = [average([r for _, i, r in rows if i == item]) - mean for item in range(30)]
    truth = torch.zeros(20, 5, dtype=torch.float64)
    for user, item, rating in rows:
        truth[user] += (rating - of_user[user] - of_item[item] - mean) / 5 * aspects[item].double()
    return truth / truth.abs().sum(1, keepdim=True)


@pytest.mark.parametrize("decimals", [None, 3])
def test_truth_equals_the_paper_word_for_word(decimals):
    ratings, aspects = sample()
    found = preference_truth(ratings, aspects, decimals=decimals)
    assert found.dtype == torch.float64
    torch.testing.assert_close(found, plain_truth(ratings, aspects, decimals))


def test_order_of_ratings_does_not_matter():
    ratings, aspects = sample(1)
    turned = ratings.select(torch.arange(len(ratings)).flip(0))
    torch.testing.assert_close(
        preference_truth(turned, aspects), preference_truth(ratings, aspects)
    )


def test_users_without_ratings_prefer_nothing():
    ratings, aspects = sample()
    fewer = ratings.select(ratings.users != 4)
    assert not preference_truth(fewer, aspects)[4].any()
    assert not preference_truth(ratings, torch.zeros_like(aspects)).any()


def test_truth_of_no_ratings_is_0():
    ratings, aspects = sample()
    truth = preference_truth(ratings.select(slice(0, 0)), aspects)
    assert truth.tolist() == torch.zeros(20, 5).tolist()


def test_popularity_counts_ratings_of_aspects():
    ratings = Ratings(
        torch.tensor([0, 0, 1]), torch.tensor([0, 1, 1]), torch.tensor([5.0, 1.0, 2.0]), 3, 2
    )
    aspects = torch.tensor([[True, False], [True, True]])
    assert popularity_preferences(ratings, aspects).tolist() == [[0.6, 0.4]] * 3


def test_random_preferences_are_keyed_by_the_seed():
    first, again, other = (random_preferences(50, 6, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    torch.testing.assert_close(first.abs().sum(1), torch.ones(50).double())


def test_items_keep_the_preferences_of_their_aspects():
    preferences = torch.tensor([[0.5, -0.3, 0.2]])
    found = for_items(preferences, torch.tensor([[True, True, False]]))
    torch.testing.assert_close(found, torch.tensor([[0.5, -0.3, 0.0]]))


def test_l1_normalisation_leaves_rows_of_0():
    found = l1_normalised(torch.tensor([[1.0, -3.0], [0.0, 0.0]]))
    assert found.tolist() == [[0.25, -0.75], [0.0, 0.0]]
