"""Whether held-out items that users liked are recommended to them."""

from __future__ import annotations

from collections.abc import Iterator

from xaitool.workflows.evaluation.recommenders.fold import Fold, FoldFigure, FoldMetric, mean_figure


class DiscountedGain(FoldMetric):
    """``ndcg``."""

    def figures(self, fold: Fold) -> Iterator[FoldFigure]:
        """A row of its own, such as ``ndcg@10``, and one of each control."""
        for control, ranking in fold.ranking.items():
            yield mean_figure(f"{self.name}@{fold.top}{control}", ranking.ndcg)


class ListRecall(FoldMetric):
    """``recall``."""

    def figures(self, fold: Fold) -> Iterator[FoldFigure]:
        """A row of its own, such as ``recall@10``, and one of each control."""
        for control, ranking in fold.ranking.items():
            yield mean_figure(f"{self.name}@{fold.top}{control}", ranking.recall)
