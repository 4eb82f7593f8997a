"""Models whose rating is a mean, a user's bias, an item's bias, and an interest."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from xaitool.core.recommenders.base import RatingModel
from xaitool.core.recommenders.engine.ratings import Ratings
from xaitool.errors import DataError, DivergenceError, ShapeError


class BiasedModel(RatingModel):
    """``rate(u, i) = mean + b_u + b_i + interest(u, item_vectors(i))``.

    A user or an item without a training rating has the bias 0 and an interest of 0.

    Attributes:
        mean: Scalar float32, of the training ratings.
        user_biases: float32 ``(users,)``, in rating units.
        item_biases: float32 ``(items,)``, same.
    """

    mean: Tensor
    user_biases: Tensor
    item_biases: Tensor

    def __init__(self, user_count: int, item_count: int, **options: Any) -> None:
        super().__init__(user_count, item_count, **options)
        self.register_buffer("mean", torch.zeros(()))
        self.register_buffer("user_biases", torch.zeros(user_count))
        self.register_buffer("item_biases", torch.zeros(item_count))

    def rate(self, users: Tensor, items: Tensor) -> Tensor:
        """Predicted ratings ``(n,)``, not clipped, of users and items int64 ``(n,)``."""
        biases = self.mean + self.user_biases[users] + self.item_biases[items]
        return biases + self.interest(users, self.item_vectors(items))

    def rate_all(self, users: Tensor) -> Tensor:
        """Predicted ratings ``(n, items)`` of every item."""
        items = torch.arange(self.item_count, device=users.device)
        vectors = self.item_vectors(items).expand(len(users), -1, -1)
        biases = self.mean + self.user_biases[users, None] + self.item_biases
        return biases + self.interest(users, vectors)

    def check_ratings(self, ratings: Ratings) -> None:
        """Refuse ratings that this model cannot be fitted to.

        Raises:
            DataError: There are none.
            ShapeError: They are of another population.
        """
        if not len(ratings):
            raise DataError("there are 0 ratings to fit, but at least 1 is wanted")
        found = (ratings.user_count, ratings.item_count)
        wanted = (self.user_count, self.item_count)
        if found != wanted:
            raise ShapeError(
                f"ratings have (users, items) = {found}, but the model is made for {wanted}"
            )


def checked_rmse(squared_error: float, count: int, epoch: int) -> float:
    """The training RMSE after an epoch, from the sum of squared errors.

    Raises:
        DivergenceError: It is NaN or infinite.
    """
    if not math.isfinite(squared_error):
        raise DivergenceError(
            f"the training error is {squared_error} after epoch {epoch}, but has to be finite",
            hint="check the ratings, raise the regularisation, or lower the learning rate",
        )
    return math.sqrt(squared_error / count)
