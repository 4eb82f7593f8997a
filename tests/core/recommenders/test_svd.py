from __future__ import annotations

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from tests.core.recommenders.planted import population, rmse
from xaitool.core.recommenders.svd import Svd
from xaitool.core.recommenders.svd_plus_plus import SvdPlusPlus


def test_recovers_a_planted_factorisation():
    train, test = population(density=0.6)
    model = Svd(60, 40, factors=3, epochs=80, regularisation=1e-4, bias_regularisation=1e-4)
    model.fit(train)
    assert float(test.values.std()) > 0.7
    assert rmse(model, test) < 0.01


def test_the_order_of_the_ratings_changes_nothing():
    train, _ = population(density=0.6, noise=0.3)
    shuffled = train.select(torch.randperm(len(train)))
    first, second = (Svd(60, 40, factors=5).fit(ratings) for ratings in (train, shuffled))
    torch.testing.assert_close(first.user_factors, second.user_factors, rtol=1e-4, atol=1e-5)


def test_another_seed_ends_at_the_same_rmse():
    train, test = population(density=0.6, noise=0.3)
    results = [rmse(Svd(60, 40, factors=8).fit(train, seed=seed), test) for seed in (0, 1)]
    assert results[0] != results[1]
    assert results[0] == pytest.approx(results[1], abs=0.02)


class Largest(TorchDispatchMode):
    """Remembers the most numbers that a tensor had that an operation made."""

    def __init__(self):
        super().__init__()
        self.numbers = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        made = func(*args, **(kwargs or {}))
        for part in made if isinstance(made, tuple | list) else (made,):
            if isinstance(part, torch.Tensor) and part.layout == torch.strided:
                self.numbers = max(self.numbers, part.numel())
        return made


@pytest.mark.parametrize("model", [Svd, SvdPlusPlus])
def test_memory_is_that_of_the_ratings_and_the_vectors(model):
    train, _ = population(density=0.9)
    with Largest() as largest:
        model(60, 40, factors=30, epochs=2).fit(train)
    assert len(train) > 2000
    assert largest.numbers == max(len(train), 60 * 31)
