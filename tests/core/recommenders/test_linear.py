import numpy as np
import pytest
import torch

from tests.core.recommenders.planted import ASPECTS, ITEMS, USERS, aspects, with_cold
from xaitool.core.recommenders.linear import Linear
from xaitool.errors import ShapeError


def test_each_user_is_a_ridge_regression():
    ratings = with_cold()
    model = Linear(
        USERS, ITEMS, aspects=aspects(), regularisation=2.0, bias_regularisation=0.7
    ).fit(ratings)
    mean = ratings.values.double().mean().item()
    for user in range(USERS - 1):
        mine = ratings.users == user
        inputs = aspects()[ratings.items[mine]].double().numpy()
        design = np.hstack([inputs, np.ones((len(inputs), 1))])
        # Ridge as least squares on rows that pull every coefficient to zero.
        rows = np.vstack([design, np.diag([2.0] * ASPECTS + [0.7]) ** 0.5])
        wanted = np.append(ratings.values[mine].double().numpy() - mean, np.zeros(ASPECTS + 1))
        expected = np.linalg.lstsq(rows, wanted, rcond=None)[0]
        found = [*model.user_factors[user].tolist(), model.user_biases[user].item()]
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_interest_in_a_pure_aspect_is_its_weight():
    model = Linear(USERS, ITEMS, aspects=aspects()).fit(with_cold())
    users = torch.tensor([3, 8])
    pure = torch.eye(ASPECTS).expand(2, -1, -1)
    assert torch.equal(model.interest(users, pure), model.user_factors[users])


def test_an_item_without_ratings_is_rated_by_its_aspects():
    known = aspects()
    known[-1] = torch.tensor([True, False, True, False, False])
    model = Linear(USERS, ITEMS, aspects=known).fit(with_cold())
    users = torch.arange(USERS)
    expected = model.mean + model.user_biases + model.user_factors[:, [0, 2]].sum(1)
    found = model.rate(users, torch.full_like(users, ITEMS - 1))
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("wrong", [aspects().float(), aspects()[1:], aspects()[0]])
def test_aspects_of_another_form_are_refused(wrong):
    with pytest.raises(ShapeError, match=r"but bool \(40, A\) is wanted"):
        Linear(USERS, ITEMS, aspects=wrong)
