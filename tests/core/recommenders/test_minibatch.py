"""Fitting by mini-batches: against Adam written out, and by its order and its end."""

from __future__ import annotations

import math
from itertools import chain

import pytest
import torch
from torch import Tensor, nn

from xaitool.core.recommenders.engine.ratings import Ratings
from xaitool.core.recommenders.minibatch import MiniBatchOptions, fit_minibatches, new_vectors
from xaitool.errors import DivergenceError

RATINGS = Ratings(
    torch.arange(10), torch.zeros(10, dtype=torch.int64), torch.arange(10.0).double(), 10, 1
)


class Constant(nn.Module):
    """Predicts one number for all, at a price."""

    def __init__(self, price: float = 0.0) -> None:
        super().__init__()
        self.value = nn.Parameter(torch.zeros((), dtype=torch.float64))
        self.price = price
        self.batches: list[list[int]] = []

    def predict(self, users: Tensor, items: Tensor) -> tuple[Tensor, Tensor]:
        self.batches.append(users.tolist())
        return self.value.expand(len(users)), self.price * len(users) * self.value.square()


def fit(module: Constant, seed: int = 0, **options: float) -> list[tuple[int, float]]:
    told: list[tuple[int, float]] = []
    fit_minibatches(
        module,
        module.predict,
        RATINGS,
        MiniBatchOptions(**options),  # type: ignore[arg-type]
        seed,
        lambda epoch, values: told.append((epoch, values["rmse"])),
    )
    return told


def test_one_batch_an_epoch_is_adam_with_a_falling_rate() -> None:
    """Kingma and Ba 2015, algorithm 1, on ``mean((c - r)^2) + price c^2``."""
    module = Constant(price=0.5)
    told = fit(module, epochs=4, batch_size=10, learning_rate=0.3)
    value = first = second = 0.0
    for step in range(1, 5):
        error = math.sqrt(sum((value - rating) ** 2 for rating in range(10)) / 10)
        assert told[step - 1][0] == step
        assert told[step - 1][1] == pytest.approx(error)
        gradient = 2 * (value - 4.5) + 2 * 0.5 * value
        first, second = 0.9 * first + 0.1 * gradient, 0.999 * second + 0.001 * gradient**2
        rate = 0.3 * (1 - (step - 1) / 4)
        ahead = first / (1 - 0.9**step)
        value -= rate * ahead / (math.sqrt(second / (1 - 0.999**step)) + 1e-8)
    assert float(module.value) == pytest.approx(value, rel=1e-9)


def test_every_epoch_sees_every_rating_in_an_order_of_its_own() -> None:
    module = Constant()
    fit(module, epochs=2, batch_size=4)
    assert [len(batch) for batch in module.batches] == [4, 4, 2, 4, 4, 2]
    epochs = [[*chain(*module.batches[:3])], [*chain(*module.batches[3:])]]
    assert all(sorted(epoch) == list(range(10)) for epoch in epochs)
    assert epochs[0] != epochs[1]
    again, other = Constant(), Constant()
    fit(again, epochs=2, batch_size=4)
    fit(other, seed=1, epochs=2, batch_size=4)
    assert again.batches == module.batches != other.batches


def test_afterwards_nothing_wants_a_gradient() -> None:
    module = Constant()
    fit(module, epochs=1)
    assert not module.value.requires_grad
    assert module.value.grad is None


def test_a_step_into_nowhere_is_divergence() -> None:
    with pytest.raises(DivergenceError, match="after epoch 1"):
        fit(Constant(price=math.nan), epochs=2, batch_size=5)


def test_new_vectors_are_gaussian_keyed_and_0_without_ratings() -> None:
    counts = torch.tensor([3, 0, 1]).repeat(1000)
    vectors = new_vectors(counts, 4, 0.5, 7, "items")
    assert isinstance(vectors, nn.Parameter)
    assert not vectors[1::3].any()
    drawn = vectors[counts > 0].detach()
    # Five standard errors of a variance estimated from 8,000 numbers.
    assert abs(float(drawn.var()) / 0.25 - 1) < 5 * math.sqrt(2 / 8000)
    assert vectors.equal(new_vectors(counts, 4, 0.5, 7, "items"))
    assert not vectors.equal(new_vectors(counts, 4, 0.5, 7, "users"))
