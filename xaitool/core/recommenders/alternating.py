"""The alternating fit of biased matrix factorisation: its state and its two half steps."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from xaitool.core.recommenders.biased import checked_rmse
from xaitool.core.recommenders.conjugate_gradients import improve_rows
from xaitool.core.recommenders.factors import FactorModel
from xaitool.core.recommenders.rating_matrix import RatingMatrix
from xaitool.core.recommenders.ratings import Ratings
from xaitool.core.seeding import generator

# Conjugate gradient steps in each half; one is noisy, a third buys nothing.
STEPS = 2
# Of the first item vectors; small against a rating, so that the first users stay tame.
_NOISE = 0.1


class Factorisation:
    """Users and items as vectors whose inner product is the rating without the mean.

    A bias is a coordinate whose partner is held at 1: users are ``(p, b_u, 1)``, items are
    ``(q, 1, b_i)``, so that vectors and biases are solved together.

    Attributes:
        by_user: Ratings without their mean.
        by_item: The same, transposed.
        users: ``(users, factors + 2)``.
        items: ``(items, factors + 2)``.
        user_penalty: Same shape as `users`; infinite for the coordinate that is held.
        item_penalty: Same for `items`.
    """

    def __init__(
        self,
        ratings: Ratings,
        factors: int,
        regularisation: float,
        bias_regularisation: float,
        seed: int,
    ) -> None:
        self.mean = ratings.values.double().mean().to(ratings.values.dtype)
        values = ratings.values - self.mean
        self.by_user = RatingMatrix.by_user(ratings, values)
        self.by_item = RatingMatrix.by_item(ratings, values)
        self.user_penalty = _penalty(
            self.by_user.counts, factors, (regularisation, bias_regularisation, math.inf), values
        )
        self.item_penalty = _penalty(
            self.by_item.counts, factors, (regularisation, math.inf, bias_regularisation), values
        )
        self.users = torch.zeros_like(self.user_penalty)
        self.users[:, -1] = 1
        self.items = torch.zeros_like(self.item_penalty)
        self.items[:, -2] = 1
        noise = torch.randn(len(self.items), factors, generator=generator(seed, "item vectors"))
        rated = (self.by_item.counts > 0)[:, None]
        self.items[:, :factors] = _NOISE * noise.to(self.items) * rated

    def improve_users(self, centre: Tensor | None = None) -> None:
        """One half step: the users' vectors and biases, drawn towards `centre` or to zero."""
        self.users = improve_rows(
            self.by_user, self.users, self.items, self.user_penalty, STEPS, centre
        )

    def improve_items(self) -> None:
        """The other half step: the items' vectors and biases."""
        self.items = improve_rows(self.by_item, self.items, self.users, self.item_penalty, STEPS)

    def residuals(self) -> Tensor:
        """What is not yet predicted, ``(n,)`` in the order of `by_user`."""
        return self.by_user.values - self.by_user.dots(self.users, self.items)

    def rmse(self, epoch: int) -> float:
        """On the training ratings.

        Raises:
            DivergenceError: It is NaN or infinite.
        """
        squares = float(self.residuals().double().square().sum())
        return checked_rmse(squares, len(self.by_user.values), epoch)

    def store(self, model: FactorModel) -> None:
        """Make this the state of a model."""
        model.mean = self.mean
        model.user_biases = self.users[:, -2].clone()
        model.item_biases = self.items[:, -1].clone()
        model.user_factors = self.users[:, :-2].clone()
        model.item_factors = self.items[:, :-2].clone()


def _penalty(
    counts: Tensor, factors: int, weights: tuple[float, float, float], like: Tensor
) -> Tensor:
    vectors, first, second = weights
    by_coordinate = torch.tensor([vectors] * factors + [first, second]).to(like)
    # At least 1, since 0 times infinite is not a number; without ratings nothing moves anyway.
    return counts.clamp_min(1).sqrt().to(like)[:, None] * by_coordinate
