"""Whether the reasons that are given for single items are the real ones."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from xaitool.core.metrics.recommendation.specific_agreement import specific_agreement
from xaitool.core.recommenders.aspects.preferences import for_items
from xaitool.workflows.evaluation.recommenders.fold import (
    ROWS,
    Fold,
    FoldFigure,
    PreferenceMetric,
    mean_figure,
)


class SpecificPreferences(PreferenceMetric):
    """``score_s``; the published code measures ``-general``, which it calls specific."""

    def figures(self, fold: Fold) -> Iterator[FoldFigure]:
        """A row of its own, one of its general preferences, and one of each control."""
        general = fold.preferences
        parts: dict[str, list[Tensor]] = {}
        for users, items in zip(
            fold.test.users.split(ROWS), fold.test.items.split(ROWS), strict=True
        ):
            aspects = fold.aspects[items]
            truth = for_items(fold.truth[users], aspects)
            given = {
                "": fold.explainer.specific_preference(users, items),
                "-general": for_items(general[""][users], aspects),
                "-random": for_items(general["-random"][users], aspects),
                "-popularity": for_items(general["-popularity"][users], aspects),
            }
            for name, reasons in given.items():
                parts.setdefault(name, []).append(specific_agreement(truth, reasons))
        for name, part in parts.items():
            yield mean_figure(f"{self.name}{name}", torch.cat(part))
