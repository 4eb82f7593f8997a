"""What a fit depends on: the same recipe makes the same models."""

import dataclasses
import json

import pytest
import torch

from tests.trained import recommender_config
from xaitool import registry
from xaitool.core.recommenders.aspects.amcf import Amcf
from xaitool.core.recommenders.aspects.explainer import AspectWeights
from xaitool.core.recommenders.engine.ratings import Ratings
from xaitool.errors import ConfigError
from xaitool.workflows.recommenders.recipe import RecommenderRecipe, placed
from xaitool.workflows.runs.runtime import Runtime

CPU = Runtime(torch.device("cpu"), torch.float32)
VECTORS = [name for name in registry.names("base") if name not in ("linear", "baseline")]


def recipe(base="svd", **options):
    return RecommenderRecipe.from_config(recommender_config(None, base=base, **options))


def ratings():
    draws = torch.Generator().manual_seed(0)
    pairs = torch.randperm(12 * 9, generator=draws)[:60]
    values = torch.randint(1, 6, (60,), generator=draws).float()
    return Ratings(pairs // 9, pairs % 9, values, 12, 9)


ASPECTS = torch.eye(3).repeat(3, 1).bool()


@pytest.mark.parametrize("base", registry.names("base"))
def test_plain_values_are_the_way_back(base):
    made = recipe(base)
    assert RecommenderRecipe(**json.loads(json.dumps(made.to_dict()))) == made
    assert (made.amcf_options is not None) == (base in VECTORS)


def test_short_options_and_long_ones_are_the_same():
    assert recipe(factors=5) == recipe(factors=None, base_option=("factors=5",))
    assert recipe(attention="signed") == recipe(amcf_option=("attention=signed",))
    assert recipe(epochs=3).epochs == 3
    assert recipe("linear").epochs == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"base_option": ("factor=3",)}, "base 'svd' has no option 'factor'"),
        ({"amcf_option": ("aspect-decay=-1",)}, "AMCF: aspect-decay is -1"),
    ],
)
def test_options_that_there_are_not(options, message):
    with pytest.raises(ConfigError, match=message):
        recipe(**options)


@pytest.mark.parametrize("base", registry.names("base"))
def test_the_seed_alone_decides(base):
    made = recipe(base)
    first, again = (made.fit(ratings(), ASPECTS, CPU) for _ in range(2))
    everyone = torch.arange(12)
    assert torch.equal(first.model.rate_all(everyone), again.model.rate_all(everyone))
    if base in VECTORS:
        other = dataclasses.replace(made, seed=1).fit(ratings(), ASPECTS, CPU)
        assert not torch.equal(first.model.rate_all(everyone), other.model.rate_all(everyone))


def test_what_explains():
    assert isinstance(recipe().build(12, ASPECTS, CPU).explainer, Amcf)
    assert isinstance(recipe("linear").build(12, ASPECTS, CPU).explainer, AspectWeights)
    assert recipe("baseline").build(12, ASPECTS, CPU).explainer is None


def test_ratings_get_the_precision_of_the_run():
    double = placed(ratings(), Runtime(torch.device("cpu"), torch.float64))
    assert double.values.dtype == torch.float64
    assert torch.equal(double.values.float(), ratings().values)
    assert (double.users.dtype, double.user_count, double.item_count) == (torch.int64, 12, 9)
