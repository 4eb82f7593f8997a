"""Interest as an inner product."""

from __future__ import annotations

import torch

from xaitool.core.recommenders.factors import FactorModel
from xaitool.options import NoOptions


class Given(FactorModel):
    """Small whole numbers for vectors and biases."""

    Options = NoOptions

    def fit(self, ratings, *, seed=0, progress=None):
        return self


def model() -> Given:
    factors = Given(2, 3, 2)
    factors.mean.fill_(1000)
    factors.user_biases.copy_(torch.tensor([100, 200]))
    factors.item_biases.copy_(torch.tensor([10, 20, 30]))
    factors.user_factors.copy_(torch.tensor([[1, 2], [0, -1]]))
    factors.item_factors.copy_(torch.tensor([[1, 0], [0, 3], [1, 1]]))
    return factors


def test_ratings_that_a_reader_can_add_up() -> None:
    users, items = torch.tensor([0, 1, 0]), torch.tensor([1, 1, 0])
    assert model().rate(users, items).tolist() == [1126, 1217, 1111]
    assert model().rate_all(torch.tensor([1, 0])).tolist() == [
        [1210, 1217, 1229],
        [1111, 1126, 1133],
    ]


def test_interest_in_any_vectors() -> None:
    vectors = torch.tensor([[[1.0, 1], [2, 0]], [[0, 5], [7, 0]]])
    assert model().interest(torch.tensor([0, 1]), vectors).tolist() == [[3, 2], [-5, 0]]
    assert model().item_vectors(torch.tensor([2, 0])).tolist() == [[1, 1], [1, 0]]


def test_the_state_is_everything_and_nothing_wants_a_gradient() -> None:
    names = ["mean", "user_biases", "item_biases", "user_factors", "item_factors"]
    assert list(model().state_dict()) == names
    assert not list(model().parameters())
    empty = Given(2, 3, 2)
    empty.load_state_dict(model().state_dict())
    assert empty.rate_all(torch.tensor([0])).equal(model().rate_all(torch.tensor([0])))
