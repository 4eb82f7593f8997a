"""Means and biases: the rating that needs to know nothing of tastes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from xaitool.core.recommenders.base import Progress
from xaitool.core.recommenders.biased import BiasedModel, checked_rmse
from xaitool.core.recommenders.engine.conjugate_gradients import descend
from xaitool.core.recommenders.engine.ratings import Ratings
from xaitool.options import Options, option

# Conjugate gradient steps; on MovieLens what is left to go is then below float32's resolution.
_STEPS = 30


@dataclass(frozen=True, kw_only=True)
class BiasesOptions(Options):
    """Options of `Biases`."""

    user_regularisation: float = option(
        5.0, "How many average ratings a user's bias is shrunk by.", minimum=0.0, unit="RATINGS"
    )
    item_regularisation: float = option(
        2.0, "How many average ratings an item's bias is shrunk by.", minimum=0.0, unit="RATINGS"
    )


class Biases(BiasedModel):
    """``mean + b_u + b_i`` (Koren 2010, section 2.1): the baseline that a model has to beat.

    Minimises ``sum (r - mean - b_u - b_i)**2 + l_u sum b_u**2 + l_i sum b_i**2`` by conjugate
    gradients in float64; the optimum is unique for positive l_u and l_i. Koren descends by
    stochastic gradients to the same optimum, with one regularisation for both; the mean is that
    of the training ratings.
    """

    Options = BiasesOptions
    explains_vectors = False

    def fit(self, ratings: Ratings, *, seed: int = 0, progress: Progress | None = None) -> Self:
        """Learn from training ratings; the seed is not used, nothing is random.

        Raises:
            DataError: There are no ratings.
            ShapeError: They are of another population.
            DivergenceError: A rating is NaN or infinite.
        """
        self.check_ratings(ratings)
        options: BiasesOptions = self.options
        mean, users, items = fit_biases(
            ratings, options.user_regularisation, options.item_regularisation
        )
        errors = ratings.values - mean - users[ratings.users] - items[ratings.items]
        rmse = checked_rmse(float(errors.square().sum()), len(ratings), 1)
        self.mean, self.user_biases, self.item_biases = mean.float(), users.float(), items.float()
        if progress is not None:
            progress(1, {"rmse": rmse})
        return self

    def item_vectors(self, items: Tensor) -> Tensor:
        """Nothing, ``(n, 0)``: an item is only its bias."""
        return self.item_biases.new_zeros(len(items), 0)

    def interest(self, users: Tensor, vectors: Tensor) -> Tensor:
        """Zeros ``(n, ...)`` of vectors ``(n, ..., 0)``."""
        return vectors.sum(-1)


def fit_biases(
    ratings: Ratings, user_regularisation: float, item_regularisation: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Mean (scalar), user biases and item biases, float64; 0 for who or what has no rating."""
    values = ratings.values.double()
    mean = values.mean()
    # Items follow the users in one column of unknowns.
    first, second = ratings.users, ratings.items + ratings.user_count
    count = ratings.user_count + ratings.item_count
    penalty = values.new_full((count, 1), item_regularisation)
    penalty[: ratings.user_count] = user_regularisation

    def gathered(weights: Tensor) -> Tensor:
        sums = torch.zeros_like(penalty).squeeze(1)
        return sums.index_add_(0, first, weights).index_add_(0, second, weights)[:, None]

    def product(biases: Tensor) -> Tensor:
        return gathered((biases[first] + biases[second]).squeeze(1)) + penalty * biases

    diagonal = gathered(torch.ones_like(values)) + penalty
    scale = torch.where(diagonal > 0, 1 / diagonal, 0)
    biases = descend(
        torch.zeros_like(penalty), gathered(values - mean), product, scale, _STEPS
    ).squeeze(1)
    return mean, biases[: ratings.user_count], biases[ratings.user_count :]
