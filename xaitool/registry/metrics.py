"""What ``evaluate`` measures, by kind of artifact."""

from __future__ import annotations

from xaitool.registry.entry import Entry

BASELINE_GAN_METRICS = {
    "baseline-validity": Entry(
        "core.metrics.explanation.baseline_validity:BaselineValidity",
        "share of baselines that are of the class they stand for, how near and how realistic they "
        "are",
        "after Shih et al. 2021 (GANMEX), section 2",
    ),
}

CVAE_METRICS = {
    "elbo": Entry(
        "core.metrics.generation.elbo:elbo_terms",
        "evidence lower bound of a CVAE, and its two terms",
        "Sohn et al. 2015",
    ),
    "interpolation": Entry(
        "core.metrics.fairness.path_agreement:path_agreement",
        "share of a CVAE's interpolations that keep the class and move the sensitive attribute, "
        "to judges",
        "xaitool",
    ),
}

CLASSIFIER_METRICS = {
    "accuracy": Entry(
        "core.metrics.classification.accuracy:Accuracy",
        "share of right predictions, of all and by class, and how well it is calibrated (ECE)",
        "Guo et al. 2017",
    ),
    "confusion": Entry(
        "core.metrics.classification.confusion:Confusion",
        "how often which class was predicted",
        "common usage",
    ),
    "probability-gaps": Entry(
        "core.metrics.classification.probability_gap:ProbabilityGap",
        "mean lead in probability of the true class over the most probable false one",
        "Li et al. 2021 (PC), introduction",
    ),
    "prediction-balance": Entry(
        "core.metrics.classification.prediction_balance:PredictionBalance",
        "both sides of what mean probabilities fulfil at the optimum",
        "Li et al. 2020 (LGL-INR), equations 8 to 10",
    ),
    "features": Entry(
        "core.metrics.classification.feature_layout:class_separation",
        "how far classes lie apart below the logits, clean and attacked; a picture with --out",
        "Li et al. 2021 (PC), figure 3",
    ),
    "robustness": Entry(
        "core.metrics.robustness.robustness:robust_accuracy",
        "accuracy under attacks, and signs that masked gradients flatter it",
        "Croce and Hein 2020",
    ),
    "misclassification-rank": Entry(
        "core.metrics.robustness.misclassification_rank:misclassification_ranks",
        "which rank of the clean prediction new successes of attacks reach",
        "Li et al. 2021 (PC), figure 2",
    ),
    "parameter-randomisation": Entry(
        "core.metrics.explanation.map_similarity:map_similarity",
        "likeness of maps to those of the network with randomised weights",
        "Adebayo et al. 2018",
    ),
    "fairness": Entry(
        "core.metrics.fairness.group_accuracy:group_counts",
        "accuracy by group, gaps between values of a sensitive attribute, and counterfactual "
        "consistency",
        "Nam et al. 2020, Hardt et al. 2016, Kusner et al. 2017",
    ),
    "saturation": Entry(
        "core.metrics.explanation.saturation:saturation",
        "share of the paths of integrated gradients and CGI over which the output changes; a "
        "picture with --out",
        "Miglani et al. 2020; Qiang et al. 2022 (CIA), figure 7",
    ),
    "twin-similarity": Entry(
        "core.metrics.explanation.map_similarity:map_similarity",
        "likeness of an image's maps to those of its twin, whose sensitive attributes alone differ",
        "after Qiang et al. 2022 (CIA), section 6.1",
    ),
    **BASELINE_GAN_METRICS,
}

GAN_METRICS = {
    "fid": Entry(
        "core.metrics.generation.fid:fid",
        "Fréchet distance between image features",
        "Heusel et al. 2017",
    ),
    "kid": Entry(
        "core.metrics.generation.kid:kid",
        "kernel distance between image features",
        "Bińkowski et al. 2018",
    ),
    "precision": Entry(
        "core.metrics.generation.precision_recall:precision_recall",
        "share of generated images whose features lie among those of real ones",
        "Kynkäänniemi et al. 2019",
    ),
    "recall": Entry(
        "core.metrics.generation.precision_recall:precision_recall",
        "share of real images whose features lie among those of generated ones",
        "Kynkäänniemi et al. 2019",
    ),
    "density": Entry(
        "core.metrics.generation.density_coverage:density_coverage",
        "how densely generated images lie among real ones; 1: as real ones do",
        "Naeem et al. 2020",
    ),
    "coverage": Entry(
        "core.metrics.generation.density_coverage:density_coverage",
        "share of real images with a generated one among their nearest neighbours",
        "Naeem et al. 2020",
    ),
    "pixel-deviation": Entry(
        "core.metrics.generation.pixel_deviation:pixel_deviation",
        "how much pixels vary from image to image; 1: as in the data, 0: all images equal",
        "xaitool",
    ),
    "class-coverage": Entry(
        "core.metrics.generation.class_coverage:class_coverage",
        "share of the wanted classes that a classifier finds among generated images",
        "after Metz et al. 2017 (Unrolled GAN)",
    ),
    "feature-distance": Entry(
        "core.metrics.generation.feature_distance:feature_distance",
        "mean distance between two generated images' features; 1: as between real ones",
        "xaitool",
    ),
    "convergence": Entry(
        "core.metrics.generation.convergence:convergence_epoch",
        "epochs and seconds until KID has settled and FID is low, run by run",
        "Graves et al. 2020 (LogicGAN), section 5.2",
    ),
    "samples": Entry(
        "report.sample_grid:sample_grid",
        "images of a GAN as files, and a grid of them, in --out",
        "Graves et al. 2020 (LogicGAN), figures 2 to 5",
    ),
}

ATTRIBUTION_METRICS = {
    "insertion": Entry(
        "core.metrics.explanation.insertion_deletion:insertion",
        "area under the score as the most important pixels appear",
        "Petsiuk et al. 2018 (RISE)",
    ),
    "deletion": Entry(
        "core.metrics.explanation.insertion_deletion:deletion",
        "area under the score as the most important pixels vanish",
        "Petsiuk et al. 2018 (RISE)",
    ),
    "gini": Entry(
        "core.metrics.explanation.gini:gini_index",
        "sparseness of the magnitudes",
        "Hurley and Rickard 2009",
    ),
    "inverse-localisation": Entry(
        "core.metrics.explanation.inverse_localisation:inverse_localisation",
        "attribution where two classes are alike over where they differ",
        "Shih et al. 2021 (GANMEX), section 4.1",
    ),
    "target-similarity": Entry(
        "core.metrics.explanation.map_similarity:map_similarity",
        "likeness of an image's maps against different classes",
        "Shih et al. 2021 (GANMEX), appendix B.1",
    ),
}

RECOMMENDER_METRICS = {
    "rmse": Entry(
        "core.metrics.recommendation.rating_error:RatingError",
        "root mean squared error of held-out ratings, pooled",
        "common usage",
    ),
    "mae": Entry(
        "core.metrics.recommendation.rating_error:RatingError",
        "mean absolute error of held-out ratings, pooled",
        "common usage",
    ),
    "cold-rmse": Entry(
        "core.metrics.recommendation.rating_error:rating_errors_apart",
        "rmse of users and of items without a training rating, and of the others",
        "common usage",
    ),
    **{
        f"{end}{most}@{within}": Entry(
            f"core.metrics.recommendation.aspect_ranking:{side}_recall",
            f"recall of a user's {side} {most} aspects in the predicted {side} {within}",
            "Pan et al. 2020 (AMCF), section 4.3",
        )
        for end, side in (("t", "top"), ("b", "bottom"))
        for most, within in ((1, 3), (3, 5))
    },
    "score_s": Entry(
        "core.metrics.recommendation.specific_agreement:specific_agreement",
        "cosine of the given and the real reasons for single items",
        "Pan et al. 2020 (AMCF), section 4.3",
    ),
    "explained-share": Entry(
        "core.recommenders.aspects.amcf:Amcf",
        "how much of an item's vector lies in the space of its aspects",
        "xaitool",
    ),
    "planted": Entry(
        "core.metrics.statistics.rank_correlation:rank_correlation",
        "rank correlation with the planted preferences of synthetic-ratings",
        "Spearman 1904",
    ),
    "ndcg": Entry(
        "core.metrics.recommendation.ranking:ndcg_at",
        "discounted gain of the recommended items that were held out and liked",
        "Burges et al. 2005, ties after McSherry and Najork 2008",
    ),
    "recall": Entry(
        "core.metrics.recommendation.ranking:recall_at",
        "share of the held-out liked items that are recommended",
        "common usage",
    ),
}
