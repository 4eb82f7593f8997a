"""A linear model's own explanation."""

import pytest
import torch

from tests.core.recommenders.planted import ITEMS, USERS, aspects, population
from xaitool.core.recommenders.aspects.explainer import AspectWeights
from xaitool.core.recommenders.linear import Linear


@pytest.fixture(scope="module")
def model():
    ratings, _ = population()
    return Linear(USERS, ITEMS, aspects=aspects()).fit(ratings)


def test_reasons_add_up_to_the_rating_without_biases(model):
    users, items = torch.arange(20), torch.arange(20).flip(0)
    reasons = AspectWeights(model).specific_preference(users, items)
    biases = model.mean + model.user_biases[users]
    torch.testing.assert_close(reasons.sum(1) + biases, model.rate(users, items))
    assert not reasons[~aspects()[items]].any()


def test_a_preference_is_what_an_item_of_one_aspect_adds(model):
    users = torch.tensor([3, 1])
    unit = torch.eye(aspects().shape[1]).expand(2, -1, -1)
    torch.testing.assert_close(
        AspectWeights(model).general_preference(users), model.interest(users, unit)
    )
