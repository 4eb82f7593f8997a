"""Which ratings options name, and which of them a fit does not see."""

import dataclasses

import pytest
import torch

from xaitool.core.recommenders.engine.ratings import Ratings
from xaitool.data.ratings.rating_data import RatingData
from xaitool.errors import ConfigError, DataError
from xaitool.workflows.configs.recommend_fit import RecommendFitConfig
from xaitool.workflows.recommenders.ratings import held_out, ratings_for


@pytest.fixture
def made():
    """Ten ratings of two users, the first of them the latest."""
    users, items = torch.arange(10) % 2, torch.arange(10) // 2
    return RatingData(
        name="made",
        ratings=Ratings(users, items, torch.full((10,), 3.0), 2, 5),
        times=torch.arange(10, 0, -1),
        user_ids=("u1", "u2"),
        item_ids=tuple("abcde"),
        titles=tuple("abcde"),
        aspect_names=("x",),
        aspects=torch.ones(5, 1).bool(),
        scale=(1.0, 5.0),
    )


def mask(data, **options):
    found = held_out(data, RecommendFitConfig(**options))
    return None if found is None else found.nonzero().flatten().tolist()


def test_unasked_a_fit_sees_all(made):
    assert mask(made) is None


def test_the_latest(made):
    assert mask(made, split="time") == [0, 1]
    assert mask(made, split="time", hold_out=0.5) == [0, 1, 2, 3, 4]
    assert mask(made, split="leave-one-out") == [0, 1]


def test_at_random(made):
    assert len(mask(made, split="random")) == 2
    assert len(mask(made, hold_out=0.4)) == 4
    assert mask(made, hold_out=0.4) == mask(made, split="random", hold_out=0.4)
    assert len({tuple(mask(made, hold_out=0.4, seed=seed)) for seed in range(5)}) > 1


@pytest.mark.parametrize("split", ["time", "leave-one-out"])
def test_without_times_there_is_no_latest(split, made):
    with pytest.raises(DataError, match="a split by time wants different ones"):
        mask(dataclasses.replace(made, times=None), split=split)


def test_the_name_says_which():
    data = ratings_for(
        RecommendFitConfig(dataset="synthetic-ratings:users=5,items=6,ratings=3"), data_dir=None
    )
    assert (len(data.ratings), data.ratings.user_count, data.ratings.item_count) == (15, 5, 6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dataset": "csv:a.csv", "scale": (1.0,)}, "--scale has 1 numbers, but LOW,HIGH is"),
        ({"dataset": "csv:a.csv", "scale": (5.0, 1.0)}, "scale is 5 to 1, but low to high is"),
        ({"scale": (1.0, 5.0)}, "has its own scale, but another scale was given"),
    ],
)
def test_a_scale_that_is_none(options, message):
    with pytest.raises(ConfigError, match=message):
        ratings_for(RecommendFitConfig(**options), data_dir=None)
