"""One split of the ratings, and what several metrics ask of a recommender fitted to it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor

from xaitool.core.metrics.statistics.defined_mean import defined_mean
from xaitool.core.recommenders.aspects.explainer import AspectExplainer
from xaitool.core.recommenders.aspects.preferences import (
    popularity_preferences,
    random_preferences,
)
from xaitool.core.recommenders.engine.ratings import Ratings
from xaitool.data.ratings.rating_data import RatingData
from xaitool.workflows.evaluation.recommenders.ranked_lists import Ranking, ranked
from xaitool.workflows.recommenders.recipe import FittedModel

# Pairs of user and item whose preferences are in memory at once.
ROWS = 65_536


@dataclass(frozen=True, eq=False)
class Fold:
    """A fitted recommender and the ratings that it did not see.

    Attributes:
        train: The ratings that it was fitted to.
        test: The others; not empty.
        fitted: The recommender.
        aspects: bool ``(items, A)``.
        truth: What users really prefer, ``(users, A)``.
        planted: The preferences that the ratings were made from, ``(users, A)``, or None.
        top: Length of a list of recommendations.
        relevant: Smallest rating of an item that should be recommended.
        seed: Of the random control.
    """

    train: Ratings
    test: Ratings
    fitted: FittedModel
    aspects: Tensor
    truth: Tensor
    planted: Tensor | None
    top: int
    relevant: float
    seed: int

    @property
    def explainer(self) -> AspectExplainer:
        """What explains; only where something does."""
        if self.fitted.explainer is None:
            raise ValueError("this recommender explains nothing")
        return self.fitted.explainer

    @cached_property
    def predicted(self) -> Tensor:
        """Ratings of the test pairs, ``(n,)``."""
        return torch.cat(
            [
                self.fitted.model.rate(users, items)
                for users, items in zip(
                    self.test.users.split(ROWS), self.test.items.split(ROWS), strict=True
                )
            ]
        )

    @cached_property
    def preferences(self) -> dict[str, Tensor]:
        """General preferences ``(users, A)``: its own under an empty name, and the controls."""
        users = torch.arange(len(self.truth), device=self.truth.device)
        unknowing = random_preferences(*self.truth.shape, seed=self.seed)
        return {
            "": self.explainer.general_preference(users),
            "-random": unknowing.to(self.truth),
            "-popularity": popularity_preferences(self.train, self.aspects),
        }

    @cached_property
    def ranking(self) -> dict[str, Ranking]:
        """Quality of the lists, of its own and of the controls."""
        return ranked(self.fitted.model, self.train, self.test, self.top, self.relevant)


class FoldFigure(NamedTuple):
    """One number of one fold.

    Attributes:
        name: Of the row that it becomes.
        value: Mean over the cases, or its root. None where there is no case.
        cases: How many.
        power: Which root: 2 of a root mean square. Folds are pooled before the root is taken.
    """

    name: str
    value: float | None
    cases: int
    power: int = 1


def mean_figure(name: str, values: Tensor) -> FoldFigure:
    """The mean of those of the values ``(n,)`` that are defined."""
    mean = defined_mean(values)
    return FoldFigure(name, mean.value, mean.count)


class FoldMetric(ABC):
    """What the registry names for a metric of recommenders; one object measures all folds.

    Args:
        name: The metric's registered name.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def unmeasurable(self, fitted: FittedModel, data: RatingData) -> str | None:
        """Why it cannot be measured of such a recommender of such data; None: it can."""
        return None

    @abstractmethod
    def figures(self, fold: Fold) -> Iterator[FoldFigure]:
        """The rows of a fold that can be measured; every fold has the same names."""


class PreferenceMetric(FoldMetric):
    """One that looks at what a recommender explains."""

    def unmeasurable(self, fitted: FittedModel, data: RatingData) -> str | None:
        """See `FoldMetric`."""
        return "its base explains nothing" if fitted.explainer is None else None
