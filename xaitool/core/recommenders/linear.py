"""One ridge regression a user, from an item's aspects to the user's rating."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch
from torch import Tensor

from xaitool.core.recommenders.base import Progress
from xaitool.core.recommenders.biased import checked_rmse
from xaitool.core.recommenders.engine.rating_matrix import RatingMatrix
from xaitool.core.recommenders.engine.ratings import Ratings
from xaitool.core.recommenders.factors import FactorModel
from xaitool.errors import ShapeError
from xaitool.options import Options, option


@dataclass(frozen=True, kw_only=True)
class LinearOptions(Options):
    """Options of `Linear`."""

    regularisation: float = option(20.0, "Weight of a user's squared aspect weights.", above=0.0)
    bias_regularisation: float = option(4.0, "Weight of a user's squared bias.", above=0.0)


class Linear(FactorModel):
    """``mean + b_u + w_u . aspects_i``: LR of the AMCF paper (section 4.2), the readable model.

    For every user, ridge in closed form, in float64: minimises
    ``sum (r - mean - b - w . aspects)**2 + l |w|**2 + l_b b**2`` over the user's training ratings.
    The paper does not say how its regression is regularised; without any, most users have fewer
    ratings than the 19 unknowns need.

    Its item vectors are the aspects themselves and its `interest` in aspect k is w_uk, the
    preference that the paper reads from it, so there is nothing for AMCF to explain. An item has
    no bias, and no need of training ratings either: its aspects are known.

    Args:
        user_count: How many users.
        item_count: How many items.
        aspects: bool ``(items, A)``, which item has which aspect.
        options: `LinearOptions`.

    Raises:
        ShapeError: The aspects are not ``(items, A)``.
    """

    Options = LinearOptions
    explains_vectors: ClassVar[bool] = False
    reads_aspects: ClassVar[bool] = True

    def __init__(
        self, user_count: int, item_count: int, *, aspects: Tensor, **options: Any
    ) -> None:
        check_aspects(aspects, item_count)
        super().__init__(user_count, item_count, aspects.shape[1], **options)
        self.item_factors = aspects.float()

    def fit(self, ratings: Ratings, *, seed: int = 0, progress: Progress | None = None) -> Self:
        """Learn from training ratings; the seed is not used, nothing is random.

        Raises:
            DataError: There are no ratings.
            ShapeError: They are of another population.
            DivergenceError: A rating is NaN or infinite.
        """
        self.check_ratings(ratings)
        mean = ratings.values.double().mean()
        matrix = RatingMatrix.by_user(ratings, torch.float64)
        values = matrix.sort(ratings.values.double() - mean)
        inputs = torch.cat(
            [
                self.item_factors.double(),
                self.item_factors.new_ones(self.item_count, 1, dtype=torch.float64),
            ],
            dim=1,
        )
        weights = self._solve(matrix, values, inputs)
        errors = values - matrix.dots(weights, inputs)
        rmse = checked_rmse(float(errors.square().sum()), len(ratings), 1)
        self.mean = mean.float()
        self.user_factors = weights[:, :-1].float()
        self.user_biases = weights[:, -1].float()
        if progress is not None:
            progress(1, {"rmse": rmse})
        return self

    def _solve(self, matrix: RatingMatrix, values: Tensor, inputs: Tensor) -> Tensor:
        options: LinearOptions = self.options
        size = inputs.shape[1]
        outer = (inputs[:, :, None] * inputs[:, None, :]).flatten(1)
        squares = matrix.sums(torch.ones_like(values), outer).view(-1, size, size)
        penalty = inputs.new_full((size,), options.regularisation)
        penalty[-1] = options.bias_regularisation
        root = torch.linalg.cholesky(squares + penalty.diag())
        return torch.cholesky_solve(matrix.sums(values, inputs)[..., None], root)[..., 0]


def check_aspects(aspects: Tensor, item_count: int) -> None:
    """Refuse aspects that are not bool ``(items, A)``.

    Raises:
        ShapeError: They are not.
    """
    if aspects.dtype != torch.bool or aspects.ndim != 2 or len(aspects) != item_count:
        found = f"{str(aspects.dtype).removeprefix('torch.')} {tuple(aspects.shape)}"
        raise ShapeError(f"aspects are {found}, but bool ({item_count}, A) is wanted")
