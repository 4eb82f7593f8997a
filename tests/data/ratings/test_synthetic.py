"""Planted preferences: they are what they say, and can be recovered."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from xaitool.data.ratings.loader import RatingRequest
from xaitool.data.ratings.rating_data import RatingData
from xaitool.data.ratings.synthetic import SyntheticRatings, load, synthetic_ratings
from xaitool.errors import ConfigError


def made(**options: object) -> RatingData:
    small = {"users": 40, "items": 60, "aspects": 5, "ratings": 30}
    return synthetic_ratings(SyntheticRatings.from_mapping(small | options, source="test"))


def test_sizes_and_truth():
    data = made()
    assert data.planted is not None
    assert data.planted_weights is not None
    assert (len(data.ratings), data.ratings.user_count, data.ratings.item_count) == (1200, 40, 60)
    assert set(data.aspects.sum(1).tolist()) == {1, 2, 3}
    assert torch.equal(data.aspects, data.planted_weights > 0)
    torch.testing.assert_close(data.planted_weights.sum(1), torch.ones(60))
    torch.testing.assert_close(data.planted.mean(0), torch.zeros(5), atol=1e-6, rtol=0)
    torch.testing.assert_close(data.planted.mean(1), torch.zeros(40), atol=1e-6, rtol=0)
    pairs = data.ratings.users * 60 + data.ratings.items
    assert len(pairs.unique()) == 1200
    assert set(data.ratings.values.tolist()) <= {1.0, 2.0, 3.0, 4.0, 5.0}
    assert data.scale == (1.0, 5.0)


def test_preferences_are_recovered_from_ratings_without_noise():
    """Least squares on biases and weighted aspects, in float64, finds what was planted."""
    data = made(noise=0.0, whole=False)
    assert data.planted is not None
    assert data.planted_weights is not None
    users, items = data.ratings.users.numpy(), data.ratings.items.numpy()
    weights = data.planted_weights.double().numpy()
    design = np.zeros((1200, 60 + 40 * 5))
    design[np.arange(1200), items] = 1.0
    for aspect in range(5):
        # As the weights of an item add to 1, a user's bias is the mean of its coefficients.
        design[np.arange(1200), 60 + users * 5 + aspect] = weights[items, aspect]
    found = np.linalg.lstsq(design, data.ratings.values.double().numpy(), rcond=None)[0]
    found = found[60:].reshape(40, 5)
    found = found - found.mean(1, keepdims=True)
    found = found - found.mean(0, keepdims=True)
    np.testing.assert_allclose(found, data.planted.numpy(), atol=1e-4)


def test_seeds_and_options():
    assert made().digest == made(seed=0).digest != made(seed=1).digest
    assert made(noise=0.0).digest != made(noise=0.5).digest
    named = load(RatingRequest("synthetic-ratings:users=40,items=60,aspects=5,ratings=30"))
    assert named.digest == made().digest
    assert named.name == "synthetic-ratings:users=40,items=60,aspects=5,ratings=30"
    assert load(RatingRequest("synthetic-ratings")).ratings.user_count == 600


def test_wrong_options():
    with pytest.raises(ConfigError, match="has 61 ratings a user and 60 items, but at least as"):
        made(ratings=61)
    with pytest.raises(ConfigError, match="'synthetic-ratings' has no option 'user'"):
        load(RatingRequest("synthetic-ratings:user=3"))
    with pytest.raises(ConfigError, match="'synthetic-ratings' 'users' has no value"):
        load(RatingRequest("synthetic-ratings:users"))
