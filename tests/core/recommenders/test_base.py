"""What the base class of rating models does for each."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch
from torch import Tensor

from xaitool.core.recommenders.base import RatingModel
from xaitool.errors import ConfigError
from xaitool.options import Options, option


@dataclass(frozen=True, kw_only=True)
class SumOptions(Options):
    factor: int = option(1, "Of the user.", minimum=1)


class Sum(RatingModel):
    """Ratings that a reader can add up."""

    Options = SumOptions

    def fit(self, ratings, *, seed=0, progress=None):
        return self

    def rate(self, users: Tensor, items: Tensor) -> Tensor:
        factor: int = self.options.factor
        return (factor * users + items).float()

    def item_vectors(self, items: Tensor) -> Tensor:
        return items[:, None].float()

    def interest(self, users: Tensor, vectors: Tensor) -> Tensor:
        return vectors.squeeze(-1)


def test_all_ratings_are_those_of_every_item() -> None:
    found = Sum(4, 3, factor=10).rate_all(torch.tensor([3, 0]))
    assert found.tolist() == [[30, 31, 32], [0, 1, 2]]


def test_a_model_explains_vectors_and_reads_no_aspects_unless_it_says_so() -> None:
    assert Sum.explains_vectors
    assert not Sum.reads_aspects
    assert (Sum(4, 3).user_count, Sum(4, 3).item_count) == (4, 3)
    assert Sum(4, 3).state_dict() == {}


def test_options_are_those_of_the_model() -> None:
    assert Sum(4, 3).options.factor == 1
    with pytest.raises(ConfigError, match="Sum has no option 'epochs'"):
        Sum(4, 3, epochs=1)
    with pytest.raises(ConfigError, match="--factor is 0, but at least 1"):
        Sum(4, 3, factor=0)
