"""A factorisation machine over user, item and the item's aspects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from xaitool.core.recommenders.base import Progress
from xaitool.core.recommenders.engine.ratings import Ratings
from xaitool.core.recommenders.factors import FactorModel
from xaitool.core.recommenders.linear import check_aspects
from xaitool.core.recommenders.minibatch import MiniBatchOptions, fit_minibatches, new_vectors
from xaitool.options import option

_NOISE = 0.01


@dataclass(frozen=True, kw_only=True)
class FmOptions(MiniBatchOptions):
    """Options of `Fm`."""

    epochs: int = option(15, "Passes over the ratings.", minimum=1)
    regularisation: float = option(
        0.06, "Weight of the squared vectors, once for each rating.", minimum=0.0
    )

    bias_regularisation: float = option(
        0.01, "Weight of the squared linear weights, once for each rating.", minimum=0.0
    )


class Fm(FactorModel):
    """A factorisation machine of degree two (Rendle 2010, equation 1) with explicit ratings.

    The features x of a rating are the user (1), the item (1) and the item's aspects (1 / how
    many), and

        rate = mean + sum_a w_a x_a + sum_{a<b} (v_a . v_b) x_a x_b

    over all pairs: user with item, user with aspects, item with aspects, aspects with each other.
    Without the aspects it would be `Svd`, fitted in another way. The mean is that of the training
    ratings; weights and vectors minimise squared error and, once for each rating, the squared
    weights and vectors of its features, by Adam (Rendle: stochastic gradients).

    After fitting, what concerns the item alone is its bias, and ``v_i + sum_k x_k v_k`` is its
    vector, so that the machine is again biases and an inner product, exactly. An item without
    training ratings gets neither, though its aspects are known: see `RatingModel.rate`.

    Args:
        user_count: How many users.
        item_count: How many items.
        aspects: bool ``(items, A)``, which item has which aspect; None: user and item only.
        options: `FmOptions`.

    Raises:
        ShapeError: The aspects are not ``(items, A)``.
    """

    Options = FmOptions
    reads_aspects: ClassVar[bool] = True

    def __init__(
        self, user_count: int, item_count: int, *, aspects: Tensor | None = None, **options: Any
    ) -> None:
        if aspects is None:
            aspects = torch.zeros(item_count, 0, dtype=torch.bool)
        check_aspects(aspects, item_count)
        size = FmOptions.from_mapping(options, source=type(self).__name__).factors
        super().__init__(user_count, item_count, size, **options)
        shares = aspects / aspects.sum(1, keepdim=True).clamp_min(1)
        self.register_buffer("shares", shares, persistent=False)

    shares: Tensor

    def fit(self, ratings: Ratings, *, seed: int = 0, progress: Progress | None = None) -> Self:
        """Learn from training ratings.

        Raises:
            DataError: There are no ratings.
            ShapeError: They are of another population.
            DivergenceError: The training error became NaN or infinite.
        """
        self.check_ratings(ratings)
        options: FmOptions = self.options
        machine = _Machine(ratings, self.shares, options, seed)
        fit_minibatches(machine, machine, ratings, options, seed, progress)
        self._keep(machine)
        return self

    def _keep(self, machine: _Machine) -> None:
        every = torch.arange(self.item_count, device=machine.items.device)
        vectors, alone = machine.of_items(every)
        self.mean = machine.mean
        self.user_biases = machine.users[:, -1].detach().clone()
        self.user_factors = machine.users[:, :-1].detach().clone()
        self.item_biases = alone * machine.rated
        self.item_factors = vectors * machine.rated[:, None]


class _Machine(nn.Module):
    """Weights and vectors while they are learned; the last coordinate of a row is the weight."""

    def __init__(self, ratings: Ratings, shares: Tensor, options: FmOptions, seed: int) -> None:
        super().__init__()
        size = options.factors + 1
        user_counts = torch.bincount(ratings.users, minlength=ratings.user_count)
        item_counts = torch.bincount(ratings.items, minlength=ratings.item_count)
        aspect_counts = torch.ones_like(item_counts[:1]).expand(shares.shape[1])
        self.users = new_vectors(user_counts, size, _NOISE, seed, "users")
        self.items = new_vectors(item_counts, size, _NOISE, seed, "items")
        self.aspects = new_vectors(aspect_counts, size, _NOISE, seed, "aspects")
        self.mean = ratings.values.double().mean().float()
        self.rated = item_counts > 0
        self.shares = shares
        self.weights = torch.full((size,), options.regularisation, device=shares.device)
        self.weights[-1] = options.bias_regularisation

    def of_items(self, items: Tensor) -> tuple[Tensor, Tensor]:
        """Vectors ``(n, E)`` that users meet, and what does not depend on a user ``(n,)``."""
        own, shares = F.embedding(items, self.items), self.shares[items]
        summed = shares @ self.aspects
        self_pairs = shares.square() @ self.aspects[:, :-1].square().sum(1)
        vector, mixture = own[:, :-1], summed[:, :-1]
        pairs = (vector * mixture).sum(1) + 0.5 * (mixture.square().sum(1) - self_pairs)
        return vector + mixture, own[:, -1] + summed[:, -1] + pairs

    def forward(self, users: Tensor, items: Tensor) -> tuple[Tensor, Tensor]:
        """Predicted ratings ``(n,)``, and the weighted squares of all that they use, a scalar."""
        own = F.embedding(users, self.users)
        vectors, alone = self.of_items(items)
        predicted = self.mean + own[:, -1] + alone + (own[:, :-1] * vectors).sum(1)
        squares = own.square() + F.embedding(items, self.items).square()
        aspects = (self.shares[items] @ self.aspects.square()).sum(0)
        return predicted, ((squares.sum(0) + aspects) * self.weights).sum()
