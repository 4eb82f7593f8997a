"""The alternating fit of biased matrix factorisation: its state, its start and its half steps."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from xaitool.core.recommenders.biased import checked_rmse
from xaitool.core.recommenders.engine.half_step import improve_rows, solve_fair_sample
from xaitool.core.recommenders.engine.rating_matrix import RatingMatrix
from xaitool.core.recommenders.engine.ratings import Ratings
from xaitool.core.recommenders.factors import FactorModel
from xaitool.core.seeding import random_stream

# Length of the random item vectors. From short vectors the strongest tastes grow first.
_LENGTH = 0.05
# Estimates of users and items before the first half step. Fewer cost more half steps than they
# save, more gain nothing.
_ESTIMATES = 4


class Factorisation:
    """Users and items as vectors and biases that predict the rating without the mean.

    The last coordinate of a row is its bias, whose partner is 1, so that vectors and biases are
    solved together: a user ``(p, b_u)`` regresses on items as ``(q, 1)``, an item ``(q, b_i)`` on
    users as ``(p, 1)``.

    At the start, items and then users get shrunk mean residuals as biases. Vectors come from a
    few rounds of subspace iteration from Gaussian noise (Halko et al. 2011, section 4.5) on what
    these leave: every user's vector is estimated as if the user had rated a fair sample of the
    items (`solve_fair_sample`), then every item's. This reads the ratings once where a half step
    does twice. A half step of the users ends the start.

    Args:
        ratings: The training ratings.
        factors: Length of the vectors.
        regularisation: Weight of the squared vectors, times the root of the count of ratings.
        bias_regularisation: Same of the squared biases.
        seed: Of the noise.

    Raises:
        DivergenceError: A rating is NaN or infinite, or too large to compute with.

    Attributes:
        mean: Of the ratings, a scalar.
        by_user: Who rated what.
        by_item: The same, transposed.
        users: ``(users, factors + 1)``.
        items: ``(items, factors + 1)``.
        weights: ``(factors + 1,)``, the regularisation of a coordinate.
        residuals: What is not yet predicted, ``(n,)`` in the order of `by_user`.
    """

    def __init__(
        self,
        ratings: Ratings,
        factors: int,
        regularisation: float,
        bias_regularisation: float,
        seed: int,
    ) -> None:
        values = ratings.values
        self.mean = values.double().mean().to(values.dtype)
        self.by_user = RatingMatrix.by_user(ratings, values.dtype)
        self.by_item = self.by_user.transposed()
        self.weights = values.new_full((factors + 1,), regularisation)
        self.weights[-1] = bias_regularisation
        self.residuals = self.by_user.sort(values - self.mean)
        self.rmse(epoch=0)  # refuses what is not finite
        self._start(factors, seed)

    def _start(self, factors: int, seed: int) -> None:
        item_biases = self._shrunk_means(self.by_item, self.by_item.sort(self.residuals))
        self.residuals = self.residuals - item_biases.index_select(0, self.by_user.columns)
        user_biases = self._shrunk_means(self.by_user, self.residuals)
        self.residuals = self.residuals - self.by_user.spread(user_biases)

        noise = torch.randn(
            len(item_biases), factors, generator=random_stream(seed, "item vectors")
        )
        items = noise.to(self.residuals) * _LENGTH / factors**0.5
        residuals_by_item = self.by_item.sort(self.residuals)
        for _ in range(_ESTIMATES):
            users = self._estimated(self.by_user, self.residuals, items)
            items = self._estimated(self.by_item, residuals_by_item, users)
        self.residuals = self.residuals - self.by_user.dots(users, items)
        self.users = torch.cat([users, user_biases[:, None]], dim=1)
        self.items = torch.cat([items, item_biases[:, None]], dim=1)
        self.improve_users()

    def _shrunk_means(self, matrix: RatingMatrix, values: Tensor) -> Tensor:
        counts = matrix.counts.clamp_min(1).to(values)
        return matrix.row_sums(values) / (counts + counts.sqrt() * self.weights[-1])

    def _estimated(self, matrix: RatingMatrix, values: Tensor, columns: Tensor) -> Tensor:
        sums = matrix.sums(values, columns)
        return solve_fair_sample(matrix, sums, columns, self.weights[:-1])

    def improve_items(self) -> None:
        """One half step: the items' vectors and biases."""
        residuals = self.by_item.sort(self.residuals)
        self.items, residuals = improve_rows(
            self.by_item, residuals, self.items, _partners(self.users), self.weights
        )
        self.residuals = self.by_item.unsort(residuals)

    def improve_users(self, centre: Tensor | None = None) -> None:
        """The other half step: the users' vectors and biases, drawn towards `centre` or to zero."""
        self.users, self.residuals = improve_rows(
            self.by_user, self.residuals, self.users, _partners(self.items), self.weights, centre
        )

    def rmse(self, epoch: int) -> float:
        """On the training ratings.

        Raises:
            DivergenceError: It is NaN or infinite.
        """
        squares = float(self.residuals.double().square().sum())
        return checked_rmse(squares, len(self.residuals), epoch)

    def store(self, model: FactorModel) -> None:
        """Make this the state of a model."""
        model.mean = self.mean
        model.user_biases = self.users[:, -1].clone()
        model.item_biases = self.items[:, -1].clone()
        model.user_factors = self.users[:, :-1].clone()
        model.item_factors = self.items[:, :-1].clone()


def _partners(rows: Tensor) -> Tensor:
    """What the other side regresses on: 1 in place of the bias."""
    return F.pad(rows[:, :-1], (0, 1), value=1.0)
