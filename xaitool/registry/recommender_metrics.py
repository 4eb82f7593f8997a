"""What ``evaluate`` measures of recommenders."""

from __future__ import annotations

from xaitool.registry import drawings
from xaitool.registry.entry import Metric

_EVALUATION = "workflows.evaluation"
_FOLDS = f"{_EVALUATION}.recommenders.measure:measure_recommender"
# Split and limit are looked at, to be refused: all that was held out is measured.
_FOLD = ("dataset", "split", "limit", "folds")

RECOMMENDER_METRICS = {
    "rmse": Metric(
        f"{_EVALUATION}.recommenders.rating_errors:RootMeanSquaredError",
        "root mean squared error of held-out ratings, pooled",
        "common usage",
        reads=_FOLD,
        measure=_FOLDS,
        unasked=True,
        drawing=drawings.RATING_ERRORS,
    ),
    "mae": Metric(
        f"{_EVALUATION}.recommenders.rating_errors:MeanAbsoluteError",
        "mean absolute error of held-out ratings, pooled",
        "common usage",
        reads=_FOLD,
        measure=_FOLDS,
        unasked=True,
        drawing=drawings.RATING_ERRORS,
    ),
    "cold-rmse": Metric(
        f"{_EVALUATION}.recommenders.rating_errors:ColdError",
        "rmse of users and of items without a training rating, and of the others",
        "common usage",
        reads=_FOLD,
        measure=_FOLDS,
        unasked=True,
        drawing=drawings.RATING_ERRORS,
    ),
    **{
        f"{end}{most}@{within}": Metric(
            f"{_EVALUATION}.recommenders.aspect_recall:AspectRecall",
            f"recall of a user's {side} {most} aspects in the predicted {side} {within}",
            "Pan et al. 2020 (AMCF), section 4.3",
            reads=(*_FOLD, "truth"),
            measure=_FOLDS,
            unasked=True,
            drawing=drawings.ASPECT_RECALL,
        )
        for end, side in (("t", "top"), ("b", "bottom"))
        for most, within in ((1, 3), (3, 5))
    },
    "score_s": Metric(
        f"{_EVALUATION}.recommenders.specific_preferences:SpecificPreferences",
        "cosine of the given and the real reasons for single items",
        "Pan et al. 2020 (AMCF), section 4.3",
        reads=(*_FOLD, "truth"),
        measure=_FOLDS,
        unasked=True,
        drawing=drawings.REASONS,
    ),
    "explained-share": Metric(
        f"{_EVALUATION}.recommenders.explained_share:ExplainedShare",
        "how much of an item's vector lies in the space of its aspects",
        "xaitool",
        reads=_FOLD,
        measure=_FOLDS,
        unasked=True,
        drawing=drawings.EXPLAINED_SHARE,
    ),
    "planted": Metric(
        f"{_EVALUATION}.recommenders.planted_preferences:PlantedPreferences",
        "rank correlation with the planted preferences of synthetic-ratings",
        "Spearman 1904",
        reads=_FOLD,
        measure=_FOLDS,
        unasked=True,
        drawing=drawings.PLANTED,
    ),
    "ndcg": Metric(
        f"{_EVALUATION}.recommenders.list_quality:DiscountedGain",
        "discounted gain of the recommended items that were held out and liked",
        "Burges et al. 2005, ties after McSherry and Najork 2008",
        reads=(*_FOLD, "top", "relevant"),
        measure=_FOLDS,
        unasked=True,
        drawing=drawings.LIST_GAIN,
    ),
    "recall": Metric(
        f"{_EVALUATION}.recommenders.list_quality:ListRecall",
        "share of the held-out liked items that are recommended",
        "common usage",
        reads=(*_FOLD, "top", "relevant"),
        measure=_FOLDS,
        unasked=True,
        drawing=drawings.LIST_RECALL,
    ),
}
