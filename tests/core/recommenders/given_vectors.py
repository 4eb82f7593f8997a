"""A rating model whose vectors are given, and data in which users' preferences are known."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from xaitool.core.recommenders.base import RatingModel
from xaitool.core.recommenders.engine.ratings import Ratings
from xaitool.options import Options


class GivenVectors(RatingModel):
    """Inner products of given user and item vectors, with biases, and a bend if `curved`."""

    Options = Options

    def __init__(self, users: Tensor, items: Tensor, *, curved: bool = False) -> None:
        super().__init__(len(users), len(items))
        self.users = torch.nn.Parameter(users)
        self.items = torch.nn.Parameter(items)
        self.bias = torch.nn.Parameter(torch.linspace(-1, 1, len(items)).to(items))
        self.curved = curved

    def fit(self, ratings, *, seed=0, progress=None):
        return self

    def rate(self, users, items):
        return 3.5 + self.bias[items] + self.interest(users, self.items[items])

    def item_vectors(self, items):
        return self.items[items]

    def interest(self, users, vectors):
        product = torch.einsum("ne,n...e->n...", self.users[users], vectors)
        return product.tanh() if self.curved else product


@dataclass
class Given:
    model: GivenVectors
    aspects: Tensor
    ratings: Ratings
    preferences: Tensor


def given(*, noise=0.1, users=60, items=200, aspects=8, size=16, seed=0):
    """Items are means of their aspects' vectors plus noise; so users' preferences are known."""
    draws = torch.Generator().manual_seed(seed)
    has = torch.rand(items, aspects, generator=draws) < 0.25
    has[torch.arange(items), torch.randint(aspects, (items,), generator=draws)] = True
    basis = torch.randn(aspects, size, generator=draws, dtype=torch.float64)
    people = torch.randn(users, size, generator=draws, dtype=torch.float64)
    shift = noise * torch.randn(items, size, generator=draws, dtype=torch.float64)
    vectors = has.double() / has.sum(1, keepdim=True) @ basis + shift
    ratings = random_ratings(users, items, draws)
    return Given(GivenVectors(people, vectors), has, ratings, people @ basis.T)


def random_ratings(users, items, draws, count=1500):
    return Ratings(
        torch.randint(users, (count,), generator=draws),
        torch.randint(items, (count,), generator=draws),
        torch.randint(1, 6, (count,), generator=draws).float(),
        users,
        items,
    )
