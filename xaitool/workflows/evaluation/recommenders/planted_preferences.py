"""Whether the preferences that made the ratings are found again."""

from __future__ import annotations

from collections.abc import Iterator

from xaitool.core.metrics.statistics.rank_correlation import rank_correlation
from xaitool.data.ratings.rating_data import RatingData
from xaitool.workflows.evaluation.recommenders.fold import (
    Fold,
    FoldFigure,
    PreferenceMetric,
    mean_figure,
)
from xaitool.workflows.recommenders.recipe import FittedModel


class PlantedPreferences(PreferenceMetric):
    """``planted``."""

    def unmeasurable(self, fitted: FittedModel, data: RatingData) -> str | None:
        """Where something is explained, real ratings, of which nobody knows that."""
        reason = super().unmeasurable(fitted, data)
        if reason is None and data.planted is None:
            return "only synthetic-ratings has planted preferences"
        return reason

    def figures(self, fold: Fold) -> Iterator[FoldFigure]:
        """A row of its own, and one of each control."""
        if fold.planted is None:
            raise ValueError("there are no planted preferences")
        for name, preferences in fold.preferences.items():
            yield mean_figure(f"{self.name}{name}", rank_correlation(preferences, fold.planted))
