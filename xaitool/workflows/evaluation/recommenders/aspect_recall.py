"""Whether a recommender knows the aspects that users like most, and least."""

from __future__ import annotations

import re
from collections.abc import Iterator

from xaitool.core.metrics.recommendation.aspect_ranking import bottom_recall, top_recall
from xaitool.data.ratings.rating_data import RatingData
from xaitool.workflows.evaluation.recommenders.fold import (
    Fold,
    FoldFigure,
    PreferenceMetric,
    mean_figure,
)
from xaitool.workflows.recommenders.recipe import FittedModel

_NAME = re.compile(r"([tb])(\d+)@(\d+)")


class AspectRecall(PreferenceMetric):
    """``t1@3`` and the like: a user's top (``t``) or bottom (``b``) aspects within predicted ones.

    Args:
        name: The end, how many aspects of the user, and within how many predicted ones.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        match = _NAME.fullmatch(name)
        if match is None:
            raise ValueError(f"{name} is no recall of aspects")
        self._top = match[1] == "t"
        self._most, self._within = int(match[2]), int(match[3])

    def unmeasurable(self, fitted: FittedModel, data: RatingData) -> str | None:
        """Where something is explained, too few aspects."""
        reason = super().unmeasurable(fitted, data)
        if reason is None and len(data.aspect_names) < self._within:
            return f"its items have {len(data.aspect_names)} different aspects"
        return reason

    def figures(self, fold: Fold) -> Iterator[FoldFigure]:
        """A row of its own, and one of each control."""
        for control, preferences in fold.preferences.items():
            if self._top:
                recall = top_recall(fold.truth, preferences, top=self._most, within=self._within)
            else:
                # Who does not know the user takes what is rated most for the disliked, too.
                sign = -1 if control == "-popularity" else 1
                recall = bottom_recall(
                    fold.truth, sign * preferences, bottom=self._most, within=self._within
                )
            yield mean_figure(self.name + control, recall)
