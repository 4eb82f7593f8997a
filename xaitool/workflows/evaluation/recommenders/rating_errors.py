"""How far predicted ratings are from held-out ones."""

from __future__ import annotations

from collections.abc import Iterator

from xaitool.core.metrics.recommendation.rating_error import (
    RatingError,
    RatingErrorResult,
    cold_masks,
    rating_errors_apart,
)
from xaitool.workflows.evaluation.recommenders.fold import Fold, FoldFigure, FoldMetric


class RootMeanSquaredError(FoldMetric):
    """``rmse``."""

    def figures(self, fold: Fold) -> Iterator[FoldFigure]:
        """One row."""
        yield FoldFigure(self.name, _error(fold).rmse, len(fold.test), power=2)


class MeanAbsoluteError(FoldMetric):
    """``mae``."""

    def figures(self, fold: Fold) -> Iterator[FoldFigure]:
        """One row."""
        yield FoldFigure(self.name, _error(fold).mae, len(fold.test))


class ColdError(FoldMetric):
    """``cold-rmse``: users and items without a training rating, and the others."""

    def figures(self, fold: Fold) -> Iterator[FoldFigure]:
        """A row for each part, such as ``rmse-cold-user``."""
        masks = cold_masks(fold.train, fold.test.users, fold.test.items)
        for part, result in rating_errors_apart(fold.predicted, fold.test.values, masks).items():
            value, cases = (result.rmse, result.count) if result else (None, 0)
            yield FoldFigure(f"rmse-{part.replace(' ', '-')}", value, cases, power=2)


def _error(fold: Fold) -> RatingErrorResult:
    error = RatingError()
    error.update(fold.predicted, fold.test.values)
    return error.compute()
