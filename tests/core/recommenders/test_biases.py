import pytest
import torch

from tests.core.recommenders.planted import rmse, with_cold
from xaitool.core.recommenders.biases import Biases
from xaitool.core.recommenders.engine.ratings import Ratings


@pytest.mark.parametrize(("of_users", "of_items"), [(5.0, 2.0), (0.5, 30.0)])
def test_solves_the_normal_equations(of_users, of_items):
    ratings = with_cold()
    model = Biases(60, 40, user_regularisation=of_users, item_regularisation=of_items)
    model.fit(ratings)

    values = ratings.values.double()
    rows = torch.arange(len(values))
    design = torch.zeros(len(values), 100, dtype=torch.float64)
    design[rows, ratings.users] = 1
    design[rows, 60 + ratings.items] = 1
    penalty = torch.tensor([of_users] * 60 + [of_items] * 40, dtype=torch.float64).diag()
    expected = torch.linalg.solve(design.T @ design + penalty, design.T @ (values - values.mean()))
    found = torch.cat([model.user_biases, model.item_biases]).double()
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(model.mean.double(), values.mean(), rtol=1e-6, atol=1e-6)


def test_pure_biases_without_regularisation_are_found():
    users, items = torch.meshgrid(torch.arange(6), torch.arange(4), indexing="ij")
    users, items = users.flatten(), items.flatten()
    values = 3 + 0.1 * users + 0.5 * (items - 1.5)
    ratings = Ratings(users, items, values.float(), 6, 4)
    model = Biases(6, 4, user_regularisation=0, item_regularisation=0).fit(ratings)
    assert rmse(model, ratings) < 1e-6


def test_items_have_an_empty_vector():
    model = Biases(60, 40).fit(with_cold())
    vectors = model.item_vectors(torch.tensor([3, 4]))
    assert vectors.shape == (2, 0)
    assert not model.explains_vectors
    assert model.interest(torch.tensor([1, 2]), torch.zeros(2, 5, 0)).shape == (2, 5)
