"""Lists of recommendations, and the controls beside them."""

import pytest
import torch

from tests.core.recommenders.planted import ITEMS, USERS, population
from xaitool.core.recommenders.biases import Biases
from xaitool.core.recommenders.engine.ratings import Ratings
from xaitool.workflows.evaluation.recommenders import ranked_lists
from xaitool.workflows.evaluation.recommenders.ranked_lists import ranked


@pytest.fixture(scope="module")
def parts():
    train, rest = population(density=0.5, noise=0.2)
    return train, rest.select(slice(0, None, 3))


def test_random_lists_have_their_expectation(parts):
    train, test = parts
    found = ranked(Biases(USERS, ITEMS).fit(train), train, test, 5, 4.0)["-random"].recall
    seen = torch.bincount(train.users, minlength=USERS)
    liked = test.users[test.values >= 4].unique()
    torch.testing.assert_close(found, 5 / (ITEMS - seen[liked]).double())


def test_popular_items_are_those_rated_most(parts):
    train, test = parts
    found = ranked(Biases(USERS, ITEMS).fit(train), train, test, 5, 4.0)["-popularity"].recall
    counts = torch.bincount(train.items, minlength=ITEMS)
    for row, user in enumerate(test.users[test.values >= 4].unique().tolist()):
        unseen = sorted(set(range(ITEMS)) - set(train.items[train.users == user].tolist()))
        liked = set(test.items[(test.users == user) & (test.values >= 4)].tolist())
        ordered = sorted((int(counts[item]) for item in unseen), reverse=True)
        border = ordered[4]
        sure = {item for item in unseen if counts[item] > border}
        tied = {item for item in unseen if counts[item] == border}
        hits = len(liked & sure) + len(liked & tied) * (5 - len(sure)) / len(tied)
        assert float(found[row]) == pytest.approx(hits / len(liked))


def test_blocks_of_users_change_nothing(parts, monkeypatch):
    train, test = parts
    model = Biases(USERS, ITEMS).fit(train)
    whole = ranked(model, train, test, 5, 4.0)
    monkeypatch.setattr(ranked_lists, "SCORES", 3 * ITEMS)
    for name, ranking in ranked(model, train, test, 5, 4.0).items():
        torch.testing.assert_close(ranking.ndcg, whole[name].ndcg)
        torch.testing.assert_close(ranking.recall, whole[name].recall)


def test_nobody_liked_anything():
    train = Ratings(torch.tensor([0]), torch.tensor([0]), torch.tensor([3.0]), 2, 2)
    test = Ratings(torch.tensor([1]), torch.tensor([1]), torch.tensor([1.0]), 2, 2)
    found = ranked(Biases(2, 2).fit(train), train, test, 1, 4.0)
    assert all(len(part) == 0 for ranking in found.values() for part in ranking)
