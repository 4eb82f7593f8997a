"""What can say in aspects why somebody likes something."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from xaitool.core.recommenders.linear import Linear


class AspectExplainer(Protocol):
    """Preferences for aspects, in rating units; `Amcf` is one."""

    def general_preference(self, users: Tensor) -> Tensor:
        """What users int64 ``(n,)`` like in general, ``(n, A)``."""

    def specific_preference(self, users: Tensor, items: Tensor) -> Tensor:
        """Why users would like items, both int64 ``(n,)``: ``(n, A)``, 0 at absent aspects."""


class AspectWeights:
    """A linear model explains itself: its weights are the preferences.

    Its specific preference adds up to its rating without the biases, exactly, and is that of the
    paper (section 4.3): the general preference at the item's aspects.

    Args:
        model: The fitted model.
    """

    def __init__(self, model: Linear) -> None:
        self._model = model

    @torch.no_grad()
    def general_preference(self, users: Tensor) -> Tensor:
        """The users' weights, ``(n, A)``."""
        return self._model.user_factors[users]

    @torch.no_grad()
    def specific_preference(self, users: Tensor, items: Tensor) -> Tensor:
        """The users' weights of the items' aspects, ``(n, A)``."""
        return self._model.user_factors[users] * self._model.item_vectors(items)
