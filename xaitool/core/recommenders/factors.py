"""Models whose interest is the inner product of a user's and an item's vector."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from xaitool.core.recommenders.biased import BiasedModel


class FactorModel(BiasedModel):
    """``rate(u, i) = mean + b_u + b_i + p_u . q_i``.

    A user or an item without a training rating has the vector 0, exactly.

    Attributes:
        user_factors: float32 ``(users, E)``, p.
        item_factors: float32 ``(items, E)``, q.
    """

    user_factors: Tensor
    item_factors: Tensor

    def __init__(self, user_count: int, item_count: int, size: int, **options: Any) -> None:
        super().__init__(user_count, item_count, **options)
        self.register_buffer("user_factors", torch.zeros(user_count, size))
        self.register_buffer("item_factors", torch.zeros(item_count, size))

    def item_vectors(self, items: Tensor) -> Tensor:
        """Latent vectors ``(n, E)`` of items, without their biases."""
        return self.item_factors[items]

    def interest(self, users: Tensor, vectors: Tensor) -> Tensor:
        """The inner product ``(n, ...)`` of users' vectors and vectors ``(n, ..., E)``."""
        return torch.einsum("ne,n...e->n...", self.user_factors[users], vectors)

    def rate_all(self, users: Tensor) -> Tensor:
        """Predicted ratings ``(n, items)`` of every item, by one matrix product."""
        biases = self.mean + self.user_biases[users, None] + self.item_biases
        return torch.addmm(biases, self.user_factors[users], self.item_factors.T)
