"""What a base rating model is: something that rates, and represents users and items."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, Self

import torch
from torch import Tensor, nn

from xaitool.core.recommenders.engine.ratings import Ratings
from xaitool.options import Options

# Told after every pass over the ratings: how many are done, and the values worth showing.
Progress = Callable[[int, dict[str, float]], None]


class RatingModel(nn.Module, ABC):
    """A fitted model of ratings; its state is all it is, so that a checkpoint can rebuild it.

    ``Model(users, items, **options)`` makes an unfitted one, `fit` a fitted one.

    Attributes:
        Options: What a user may set.
        explains_vectors: Whether items have a vector that AMCF can explain.
        reads_aspects: Whether the constructor takes ``aspects=``, bool ``(items, A)``.
    """

    Options: ClassVar[type[Options]]
    explains_vectors: ClassVar[bool] = True
    reads_aspects: ClassVar[bool] = False

    def __init__(self, user_count: int, item_count: int, **options: Any) -> None:
        super().__init__()
        self.user_count = user_count
        self.item_count = item_count
        self.options: Any = self.Options.from_mapping(options, source=type(self).__name__)

    @abstractmethod
    def fit(self, ratings: Ratings, *, seed: int = 0, progress: Progress | None = None) -> Self:
        """Learn from training ratings alone; means and biases come from them.

        Deterministic on a CPU: the same ratings, options and seed give the same state, bit for bit.

        Raises:
            DivergenceError: A loss became NaN or infinite.
        """

    @abstractmethod
    def rate(self, users: Tensor, items: Tensor) -> Tensor:
        """Predicted ratings ``(n,)``, not clipped, of users and items int64 ``(n,)``.

        A user or an item without a training rating gets what the biases say.
        """

    @abstractmethod
    def item_vectors(self, items: Tensor) -> Tensor:
        """Latent vectors ``(n, E)`` of items, without their biases."""

    @abstractmethod
    def interest(self, users: Tensor, vectors: Tensor) -> Tensor:
        """f(q, v): what is predicted from latent vectors in place of an item's own.

        Args:
            users: int64 ``(n,)``.
            vectors: ``(n, ..., E)``.

        Returns:
            ``(n, ...)``, in rating units, without any bias: for matrix factorisation the inner
            product with the user's vector.
        """

    def rate_all(self, users: Tensor) -> Tensor:
        """Predicted ratings ``(n, items)`` of every item; override where there is a faster way."""
        items = torch.arange(self.item_count, device=users.device)
        return torch.stack([self.rate(user.expand_as(items), items) for user in users])
