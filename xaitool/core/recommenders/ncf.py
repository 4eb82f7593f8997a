"""Neural collaborative filtering with explicit ratings."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from xaitool.core.recommenders.base import Progress
from xaitool.core.recommenders.biased import BiasedModel
from xaitool.core.recommenders.biases import BiasesOptions, fit_biases
from xaitool.core.recommenders.engine.ratings import Ratings
from xaitool.core.recommenders.minibatch import MiniBatchOptions, fit_minibatches, new_vectors
from xaitool.core.seeding import random_stream
from xaitool.options import option

_NOISE = 0.01


@dataclass(frozen=True, kw_only=True)
class NcfOptions(MiniBatchOptions):
    """Options of `Ncf`."""

    epochs: int = option(6, "Passes over the ratings.", minimum=1)
    regularisation: float = option(
        0.14, "Weight of the squared vectors, once for each rating.", minimum=0.0
    )

    hidden: tuple[int, ...] = option((64, 32, 16), "Widths of the hidden layers.", minimum=1)
    network_regularisation: float = option(
        0.03, "Weight of the network's squared weights.", minimum=0.0
    )


class Ncf(BiasedModel):
    """``mean + b_u + b_i + f(p_u, q_i)`` with f the NeuMF network (He et al. 2017, section 3.4).

    A vector has two halves: the first goes through generalised matrix factorisation (a weighted
    inner product), the second through a perceptron with ReLU that sees user and item side by
    side; f is the sum of both. So both paths have vectors of their own, as in the paper. Squared
    error and L2 by Adam. Where this differs from the paper:

    * The output is a rating, without the sigmoid (as in the AMCF paper, section 4.2).
    * Mean and biases are fitted first, as in `Biases`; the network learns what they leave.
    * The perceptron's answer to no item is subtracted, ``f(p, q) = h(p, q) - h(p, 0)``: it would
      be one more bias of the user, and f(p, 0) = 0 as for an inner product. A user without
      training ratings has the vector 0, and an interest of 0 in everything.
    * No pretraining of the two paths.
    """

    Options = NcfOptions

    def __init__(self, user_count: int, item_count: int, **options: Any) -> None:
        super().__init__(user_count, item_count, **options)
        size, self._split = self.options.factors, self.options.factors // 2
        self.user_vectors = nn.Parameter(torch.zeros(user_count, size))
        self.all_item_vectors = nn.Parameter(torch.zeros(item_count, size))
        self.products = nn.Parameter(torch.ones(self._split))
        widths = [size - self._split, *self.options.hidden]
        self.user_layer = nn.Linear(widths[0], widths[1])
        self.item_layer = nn.Linear(widths[0], widths[1], bias=False)
        self.layers = nn.ModuleList(
            nn.Linear(wide, narrow) for wide, narrow in pairwise(widths[1:])
        )
        self.output = nn.Linear(widths[-1], 1, bias=False)
        self.requires_grad_(False)

    def fit(self, ratings: Ratings, *, seed: int = 0, progress: Progress | None = None) -> Self:
        """Learn from training ratings.

        Raises:
            DataError: There are no ratings.
            ShapeError: They are of another population.
            DivergenceError: The training error became NaN or infinite.
        """
        self.check_ratings(ratings)
        self._start(ratings, seed)
        fit_minibatches(self, self._predict, ratings, self.options, seed, progress)
        return self

    def item_vectors(self, items: Tensor) -> Tensor:
        """Latent vectors ``(n, E)`` of items."""
        return F.embedding(items, self.all_item_vectors)

    def interest(self, users: Tensor, vectors: Tensor) -> Tensor:
        """f(p, v) ``(n, ...)`` of vectors ``(n, ..., E)`` in place of an item's own."""
        user_vectors = F.embedding(users, self.user_vectors)
        interest = self._network(user_vectors, vectors)
        return interest * _expand((user_vectors != 0).any(1), interest)

    def _network(self, user_vectors: Tensor, vectors: Tensor) -> Tensor:
        product, perceptron = vectors[..., : self._split], vectors[..., self._split :]
        weighted = user_vectors[:, : self._split] * self.products
        first = self.user_layer(user_vectors[:, self._split :])
        seen = self._perceptron(_expand(first, vectors) + self.item_layer(perceptron))
        inner = torch.einsum("ne,n...e->n...", weighted, product)
        return inner + seen - _expand(self._perceptron(first), seen)

    def _perceptron(self, hidden: Tensor) -> Tensor:
        for layer in self.layers:
            hidden = layer(F.relu(hidden))
        rated: Tensor = self.output(F.relu(hidden))
        return rated.squeeze(-1)

    def _predict(self, users: Tensor, items: Tensor) -> tuple[Tensor, Tensor]:
        user_vectors, vectors = F.embedding(users, self.user_vectors), self.item_vectors(items)
        biases = self.mean + self.user_biases[users] + self.item_biases[items]
        squares = user_vectors.square().sum() + vectors.square().sum()
        network = sum(layer.weight.square().sum() for layer in self._linear_layers())
        penalty = self.options.regularisation * squares
        penalty = penalty + self.options.network_regularisation * len(users) * network
        return biases + self._network(user_vectors, vectors), penalty

    def _linear_layers(self) -> list[nn.Linear]:
        return [layer for layer in self.modules() if isinstance(layer, nn.Linear)]

    def _start(self, ratings: Ratings, seed: int) -> None:
        shrink = BiasesOptions()
        found = fit_biases(ratings, shrink.user_regularisation, shrink.item_regularisation)
        self.mean, self.user_biases, self.item_biases = (part.float() for part in found)
        size = self.options.factors
        user_counts = torch.bincount(ratings.users, minlength=self.user_count)
        item_counts = torch.bincount(ratings.items, minlength=self.item_count)
        self.user_vectors = new_vectors(user_counts, size, _NOISE, seed, "users")
        self.all_item_vectors = new_vectors(item_counts, size, _NOISE, seed, "items")
        nn.init.ones_(self.products)
        for number, layer in enumerate(self._linear_layers()):
            draw = torch.empty(layer.weight.shape)
            nn.init.kaiming_uniform_(
                draw, nonlinearity="relu", generator=random_stream(seed, "layer", number)
            )
            layer.weight.data.copy_(draw)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def _expand(rows: Tensor, like: Tensor) -> Tensor:
    """Insert dimensions after the first, for ``(n, k)`` beside ``(n, ..., k)`` and ``(n,)`` too."""
    return rows.view(len(rows), *[1] * (like.ndim - rows.ndim), *rows.shape[1:])
