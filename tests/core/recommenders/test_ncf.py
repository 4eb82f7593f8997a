import torch

from tests.core.recommenders.planted import ITEMS, USERS, population, rmse, with_cold
from xaitool.core.recommenders.biases import Biases
from xaitool.core.recommenders.ncf import Ncf


def test_interest_is_neumf_without_its_answer_to_no_item():
    model = Ncf(USERS, ITEMS, factors=5, hidden=(6, 3), epochs=2).fit(with_cold())
    users, items = torch.tensor([4, 9]), torch.tensor([0, 17])
    for user, item in zip(users, items, strict=True):
        own, vector = model.user_vectors[user], model.all_item_vectors[item]

        def network(vector, own=own):
            both = torch.cat([own[2:], vector[2:]])
            weight = torch.cat([model.user_layer.weight, model.item_layer.weight], dim=1)
            hidden = torch.relu(weight @ both + model.user_layer.bias)
            hidden = torch.relu(model.layers[0](hidden))
            product = (model.products * own[:2] * vector[:2]).sum()
            return product + (model.output.weight @ hidden).squeeze()

        expected = network(vector) - network(torch.zeros_like(vector))
        found = model.interest(user[None], vector[None])[0]
        torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-6)


def test_biases_are_those_of_the_baseline():
    ratings = with_cold()
    model = Ncf(USERS, ITEMS, factors=4, epochs=1).fit(ratings)
    baseline = Biases(USERS, ITEMS).fit(ratings)
    assert torch.equal(model.user_biases, baseline.user_biases)
    assert torch.equal(model.item_biases, baseline.item_biases)


def test_learns_a_planted_factorisation():
    train, test = population(density=0.7)
    model = Ncf(
        USERS,
        ITEMS,
        factors=8,
        epochs=30,
        batch_size=128,
        learning_rate=0.01,
        regularisation=0.001,
        network_regularisation=0.001,
    )
    baseline = rmse(Biases(USERS, ITEMS).fit(train), test)
    assert rmse(model.fit(train), test) < 0.5 * baseline
