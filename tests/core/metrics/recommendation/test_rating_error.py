import math

import pytest
import torch
from sklearn.metrics import mean_absolute_error, root_mean_squared_error

from xaitool.core.metrics.recommendation.rating_error import (
    RatingError,
    cold_masks,
    rating_errors_apart,
)
from xaitool.core.recommenders.engine.ratings import Ratings
from xaitool.errors import ShapeError


def sample(count=1000):
    draws = torch.Generator().manual_seed(0)
    actual = torch.randint(1, 6, (count,), generator=draws).float()
    return actual + torch.randn(count, generator=draws), actual


@pytest.mark.parametrize("batch", [1, 64, 1000])
def test_equals_sklearn(batch):
    predicted, actual = sample()
    error = RatingError()
    for part in zip(predicted.split(batch), actual.split(batch), strict=True):
        error.update(*part)
    result = error.compute()
    wide = actual.double(), predicted.double()
    assert result.rmse == pytest.approx(root_mean_squared_error(*wide), rel=1e-12)
    assert result.mae == pytest.approx(mean_absolute_error(*wide), rel=1e-12)
    assert result.count == 1000


def test_a_known_factorisation():
    users, items = torch.tensor([[1.0, 2.0], [0.0, 1.0]]), torch.tensor([[1.0, 1.0], [2.0, 0.0]])
    error = RatingError()
    error.update((users @ items.T).flatten(), torch.tensor([3.0, 4.0, 1.0, 1.0]))
    assert error.compute().rmse == pytest.approx(math.sqrt(5 / 4))
    assert error.compute().mae == pytest.approx(3 / 4)


def test_batches_are_pooled_and_not_averaged():
    error = RatingError()
    error.update(torch.zeros(3), torch.zeros(3))
    error.update(torch.ones(1), torch.zeros(1))
    assert error.compute().rmse == 0.5


def test_parts_apart():
    predicted, actual = sample()
    first = torch.arange(1000) < 300
    found = rating_errors_apart(predicted, actual, {"first": first, "none": first & ~first})
    assert found["none"] is None
    error = RatingError()
    error.update(predicted[:300], actual[:300])
    assert found["first"] == error.compute()


def test_cold_users_and_items():
    training = Ratings(torch.tensor([0, 0, 1]), torch.tensor([0, 1, 0]), torch.ones(3), 3, 3)
    users, items = torch.tensor([0, 2, 0, 2]), torch.tensor([0, 0, 2, 2])
    masks = cold_masks(training, users, items)
    assert masks["warm"].tolist() == [True, False, False, False]
    assert masks["cold user"].tolist() == [False, True, False, True]
    assert masks["cold item"].tolist() == [False, False, True, True]
    few = cold_masks(training, torch.tensor([0, 1]), torch.tensor([0, 0]), at_most=1)
    assert few["cold user"].tolist() == [False, True]


def test_bad_input_is_refused():
    error = RatingError()
    with pytest.raises(ShapeError, match="0 ratings"):
        error.compute()
    with pytest.raises(ShapeError, match="equal shapes"):
        error.update(torch.ones(3), torch.ones(4))
    error.update(torch.tensor([torch.nan]), torch.ones(1))
    with pytest.raises(ShapeError, match="NaN or infinite"):
        error.compute()
