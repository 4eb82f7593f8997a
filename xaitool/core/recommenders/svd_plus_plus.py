"""SVD++: matrix factorisation that also learns from which items were rated at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from xaitool.core.recommenders.alternating import Factorisation
from xaitool.core.recommenders.engine.conjugate_gradients import descend
from xaitool.core.recommenders.svd import Svd, SvdOptions
from xaitool.options import option

# Conjugate gradient steps of y in an epoch.
_STEPS = 2


@dataclass(frozen=True, kw_only=True)
class SvdPlusPlusOptions(SvdOptions):
    """Options of `SvdPlusPlus`."""

    implicit_regularisation: float = option(
        10.0,
        "Weight of the squared vectors of having rated, times the root of the count of ratings.",
        minimum=0.0,
    )


class SvdPlusPlus(Svd):
    """``mean + b_u + b_i + q_i . (p_u + n_u**-0.5 * sum of y_j over u's items)`` (Koren 2008, 15).

    The objective is that of `Svd` plus ``l_y sum_j sqrt(n_j) |y_j|**2``, and is fitted in the same
    way: items, then y, then users. A step of y is two steps of conjugate gradients for all items
    together, because a user's items share their prediction. Koren descends by stochastic
    gradients.

    Which items a user rated is read from the training ratings alone. The fitted state keeps the
    sum in brackets as the user's vector, all that a prediction needs.
    """

    Options = SvdPlusPlusOptions

    def _alternation(self, problem: Factorisation) -> Callable[[], None]:
        """What an epoch does: every item, the vectors y, then every user."""
        implicit = ImplicitFeedback(problem, self.options.implicit_regularisation)

        def alternate() -> None:
            problem.improve_items()
            implicit.improve()
            problem.improve_users(centre=implicit.centre())

        return alternate


class ImplicitFeedback:
    """The vectors y of a factorisation whose users already contain the sum over them.

    Attributes:
        vectors: ``(items, factors)``, y.
        penalty: ``(items, 1)``.
    """

    def __init__(self, problem: Factorisation, regularisation: float) -> None:
        self._problem = problem
        self._ones = torch.ones_like(problem.residuals)
        counts = problem.by_user.counts.clamp_min(1)[:, None].to(self._ones)
        self._scale = counts.rsqrt()
        item_counts = problem.by_item.counts.clamp_min(1)[:, None].to(self._ones)
        self.penalty = regularisation * item_counts.sqrt()
        self.vectors = torch.zeros_like(problem.items[:, :-1])

    def centre(self) -> Tensor:
        """What the users' coordinates would be without a vector of their own."""
        return F.pad(self.over_users(self.vectors), (0, 1))

    def over_users(self, vectors: Tensor) -> Tensor:
        """Sum vectors of items over each user's, times ``n_u**-0.5``: ``(users, k)``."""
        return self._scale * self._problem.by_user.sums(self._ones, vectors)

    def over_items(self, vectors: Tensor) -> Tensor:
        """The transpose of `over_users`: ``(users, k)`` to ``(items, k)``."""
        return self._problem.by_item.sums(self._ones, self._scale * vectors)

    def improve(self) -> None:
        """Improve y, and with it the users, while their own vectors and the items stay."""
        problem = self._problem
        ratings, items = problem.by_user, problem.items[:, :-1]
        gradient = self.over_items(ratings.sums(problem.residuals, items))
        squares = self._scale * ratings.sums(self._ones, items**2)

        def product(direction: Tensor) -> Tensor:
            predicted = ratings.dots(self.over_users(direction), items)
            return self.over_items(ratings.sums(predicted, items)) + self.penalty * direction

        diagonal = self.over_items(squares) + self.penalty
        previous = self.vectors
        self.vectors = descend(
            previous,
            gradient - self.penalty * previous,
            product,
            torch.where(diagonal > 0, 1 / diagonal, 0),
            _STEPS,
        )
        change = self.over_users(self.vectors - previous)
        problem.users = problem.users + F.pad(change, (0, 1))
        problem.residuals = problem.residuals - ratings.dots(change, items)
