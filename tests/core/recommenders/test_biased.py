"""A rating is a mean, two biases and an interest."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from xaitool.core.recommenders.biased import BiasedModel, checked_rmse
from xaitool.core.recommenders.engine.ratings import Ratings
from xaitool.errors import DataError, DivergenceError, ShapeError
from xaitool.options import NoOptions


class Likes(BiasedModel):
    """User u's interest in item i is 100 u i."""

    Options = NoOptions

    def fit(self, ratings, *, seed=0, progress=None):
        self.check_ratings(ratings)
        return self

    def item_vectors(self, items: Tensor) -> Tensor:
        return items[:, None].float()

    def interest(self, users: Tensor, vectors: Tensor) -> Tensor:
        users = users.view(-1, *(1,) * (vectors.ndim - 2))
        return 100 * users * vectors[..., 0]


def model() -> Likes:
    likes = Likes(2, 3)
    likes.mean.fill_(1000)
    likes.user_biases.copy_(torch.tensor([1, 2]))
    likes.item_biases.copy_(torch.tensor([10, 20, 30]))
    return likes


def test_an_unfitted_model_has_no_biases() -> None:
    assert Likes(2, 3).rate(torch.tensor([0, 0]), torch.tensor([0, 2])).tolist() == [0, 0]


def test_a_rating_is_their_sum() -> None:
    assert model().rate(torch.tensor([1, 0]), torch.tensor([2, 1])).tolist() == [1232, 1021]
    assert model().rate_all(torch.tensor([1, 0, 1])).tolist() == [
        [1012, 1122, 1232],
        [1011, 1021, 1031],
        [1012, 1122, 1232],
    ]


def test_ratings_of_others_are_refused() -> None:
    zero = torch.zeros(1, dtype=torch.int64)
    model().fit(Ratings(zero, zero, torch.ones(1), 2, 3))
    with pytest.raises(ShapeError, match=r"\(users, items\) = \(3, 2\), but the .* for \(2, 3\)"):
        model().fit(Ratings(zero, zero, torch.ones(1), 3, 2))
    with pytest.raises(DataError, match="there are 0 ratings to fit"):
        model().fit(Ratings(zero[:0], zero[:0], torch.ones(0), 2, 3))


def test_the_error_of_an_epoch_is_a_root_mean_or_divergence() -> None:
    assert checked_rmse(18.0, 2, epoch=1) == 3
    for error in (math.nan, math.inf):
        with pytest.raises(DivergenceError, match=f"error is {error} after epoch 7, but") as fault:
            checked_rmse(error, 2, epoch=7)
        assert "regularisation" in str(fault.value.hint)
