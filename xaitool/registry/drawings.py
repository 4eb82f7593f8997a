"""What pictures ``evaluate --out`` draws of metrics: titles, quantities, and what draws them."""

from __future__ import annotations

from xaitool.registry.entry import Drawing

_CLASSIFIERS = "workflows.evaluation.classifiers.pictures"
_PIXEL_CURVES = "workflows.evaluation.attributions.pictures:draw_pixel_curves"

RELIABILITY = Drawing(
    "Reliability", "accuracy (share of images)", f"{_CLASSIFIERS}:draw_reliability"
)
CONFUSION = Drawing("Confusion", "images", f"{_CLASSIFIERS}:draw_confusion", together=False)
PROBABILITY_GAPS = Drawing(
    "Lead of the true class",
    "lead in probability",
    "workflows.evaluation.value_picture:draw_per_class",
)
BALANCE = Drawing(
    "Prediction balance",
    "weighted number of images",
    f"{_CLASSIFIERS}:draw_balance",
    together=False,
)
ROBUSTNESS = Drawing(
    "Accuracy under attack", "accuracy (share of images)", f"{_CLASSIFIERS}:draw_robustness"
)
RANKS = Drawing("Ranks", "share of new successes", f"{_CLASSIFIERS}:draw_ranks", together=False)
FAIRNESS = Drawing("Fairness", "share of images, or gap between shares")
TWINS = Drawing("Likeness of the attributions of twins", "rank correlation (Spearman)")
ELBO = Drawing("Evidence lower bound", "nats per image")
INTERPOLATIONS = Drawing("Interpolations", "share of interpolations")
FID = Drawing("FID: lower is better", "Fréchet distance of features")
KID = Drawing("KID: lower is better", "kernel distance of features")
QUALITY = Drawing(
    "Quality and variety of generated images", "share of images, or ratio to real images"
)
INSERTION = Drawing(
    "Insertion: higher is better",
    "mean probability of the explained class as pixels appear",
    _PIXEL_CURVES,
)
DELETION = Drawing(
    "Deletion: lower is better",
    "mean probability of the explained class as pixels vanish",
    _PIXEL_CURVES,
)
SPARSENESS = Drawing("Sparseness of attributions", "Gini index (0: even, 1: sparse)")
INVERSE_LOCALISATION = Drawing(
    "Inverse localisation: lower is better", "ratio of attribution, common region to difference"
)
TARGETS = Drawing(
    "Likeness of attributions against different classes", "rank correlation (Spearman)"
)
RATING_ERRORS = Drawing("Errors of predicted ratings", "error (rating points)")
ASPECT_RECALL = Drawing("Recall of preferred aspects", "recall (share of aspects)")
REASONS = Drawing("Reasons for single items", "cosine of given and real reasons")
EXPLAINED_SHARE = Drawing("Explained share", "share of an item's vector")
PLANTED = Drawing("Planted preferences", "rank correlation (Spearman)")
LIST_GAIN = Drawing("Quality of recommended lists", "NDCG (0 to 1)")
LIST_RECALL = Drawing("Quality of recommended lists", "share of the liked items")
