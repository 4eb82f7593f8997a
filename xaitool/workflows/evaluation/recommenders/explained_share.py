"""How much of an item AMCF can explain at all."""

from __future__ import annotations

from collections.abc import Iterator

from xaitool.core.recommenders.aspects.amcf import Amcf
from xaitool.data.ratings.rating_data import RatingData
from xaitool.workflows.evaluation.recommenders.fold import Fold, FoldFigure, FoldMetric, mean_figure
from xaitool.workflows.recommenders.recipe import FittedModel


class ExplainedShare(FoldMetric):
    """``explained-share``; the control is what as many random directions explain on average."""

    def unmeasurable(self, fitted: FittedModel, data: RatingData) -> str | None:
        """A base that AMCF cannot explain."""
        return "its base has no item vectors" if fitted.amcf is None else None

    def figures(self, fold: Fold) -> Iterator[FoldFigure]:
        """A row of its own, and one of the control."""
        if not isinstance(amcf := fold.fitted.amcf, Amcf):
            raise ValueError("this recommender has no AMCF")
        rated = fold.train.items.unique()
        size = amcf.embeddings.shape[1]
        by_chance = fold.aspects[rated].sum(1).clamp(max=size) / size
        yield mean_figure(self.name, amcf.explained_share(rated))
        yield mean_figure(f"{self.name}-random", by_chance)
