"""What ``evaluate`` measures, by kind of artifact."""

from __future__ import annotations

from dataclasses import replace

from xaitool.registry import drawings
from xaitool.registry.entry import Metric
from xaitool.registry.recommender_metrics import RECOMMENDER_METRICS

_MODEL = (
    "weights",
    "architecture",
    "classes_file",
    "input_size",
    "resize",
    "interpolation",
    "channels",
    "mean",
    "std",
)
_IMAGES = ("dataset", "split", "limit", "on_error")
_CLASSIFIER = (*_MODEL, *_IMAGES)
_ATTACKS = ("attack", "attack_option", "epsilon")
_BASELINES = ("baseline", "baseline_option", "references")
_EXPLANATIONS = ("method", "method_option", *_BASELINES, "pair", "path", "target", "against")

_EVALUATION = "workflows.evaluation"
_LOGITS = f"{_EVALUATION}.classifiers.logits:measure_logits"
_FIGURES = f"{_EVALUATION}.gans.figures:measure_gan"
_MAPS = f"{_EVALUATION}.attributions.stored_attributions:measure_stored_attributions"
_CURVES = f"{_EVALUATION}.attributions.faithfulness:measure_faithfulness"
_ON_THE_FLY = f"{_EVALUATION}.attributions.classifier_attributions:measure_attributions"

ATTRIBUTION_METRICS = {
    "insertion": Metric(
        "core.metrics.explanation.insertion_deletion:insertion",
        "area under the score as the most important pixels appear",
        "Petsiuk et al. 2018 (RISE)",
        reads=(*_MODEL, "model", "limit", "step", "channel_sum"),
        measure=_CURVES,
        unasked=True,
        drawing=drawings.INSERTION,
    ),
    "deletion": Metric(
        "core.metrics.explanation.insertion_deletion:deletion",
        "area under the score as the most important pixels vanish",
        "Petsiuk et al. 2018 (RISE)",
        reads=(*_MODEL, "model", "limit", "step", "channel_sum"),
        measure=_CURVES,
        unasked=True,
        drawing=drawings.DELETION,
    ),
    "gini": Metric(
        f"{_EVALUATION}.attributions.sparseness:Sparseness",
        "sparseness of the magnitudes",
        "Hurley and Rickard 2009",
        reads=("limit",),
        measure=_MAPS,
        drawing=drawings.SPARSENESS,
    ),
    "inverse-localisation": Metric(
        f"{_EVALUATION}.attributions.pair_localisation:PairLocalisation",
        "attribution where two classes are alike over where they differ",
        "Shih et al. 2021 (GANMEX), section 4.1",
        reads=("limit",),
        measure=_MAPS,
        drawing=drawings.INVERSE_LOCALISATION,
    ),
    "target-similarity": Metric(
        f"{_EVALUATION}.attributions.target_similarity:TargetSimilarity",
        "likeness of an image's attributions against different classes",
        "Shih et al. 2021 (GANMEX), appendix B.1",
        reads=("limit",),
        measure=_MAPS,
        drawing=drawings.TARGETS,
    ),
}

CLASSIFIER_METRICS = {
    "accuracy": Metric(
        f"{_EVALUATION}.classifiers.accuracy:MeasuredAccuracy",
        "share of right predictions, of all and by class, and how well it is calibrated (ECE)",
        "Guo et al. 2017",
        reads=_CLASSIFIER,
        measure=_LOGITS,
        unasked=True,
        drawing=drawings.RELIABILITY,
    ),
    "confusion": Metric(
        f"{_EVALUATION}.classifiers.confusion:MeasuredConfusion",
        "how often which class was predicted",
        "common usage",
        reads=_CLASSIFIER,
        measure=_LOGITS,
        unasked=True,
        drawing=drawings.CONFUSION,
    ),
    "training": Metric(
        f"{_EVALUATION}.classifiers.training:compare_trainings",
        "how fast runs learnt, by their own logs; with --out curves of all of them",
        "Li et al. 2020 (LGL-INR), figure 2",
        compares=True,
    ),
    "probability-gaps": Metric(
        f"{_EVALUATION}.classifiers.probability_gaps:MeasuredProbabilityGaps",
        "mean lead in probability of the true class over the most probable false one",
        "Li et al. 2021 (PC), introduction",
        reads=_CLASSIFIER,
        measure=_LOGITS,
        drawing=drawings.PROBABILITY_GAPS,
    ),
    "prediction-balance": Metric(
        f"{_EVALUATION}.classifiers.balance:measure_balance",
        "both sides of what mean probabilities fulfil at the optimum",
        "Li et al. 2020 (LGL-INR), equations 8 to 10",
        reads=_CLASSIFIER,
        drawing=drawings.BALANCE,
    ),
    "features": Metric(
        f"{_EVALUATION}.classifiers.features:measure_features",
        "how far classes lie apart below the logits, clean and attacked; a picture with --out",
        "Li et al. 2021 (PC), figure 3",
        reads=(*_CLASSIFIER, *_ATTACKS),
    ),
    "robustness": Metric(
        f"{_EVALUATION}.classifiers.robustness:measure_robustness",
        "accuracy under attacks, and signs that masked gradients flatter it",
        "Croce and Hein 2020",
        reads=(*_CLASSIFIER, *_ATTACKS, "transfer_from"),
        drawing=drawings.ROBUSTNESS,
    ),
    "misclassification-rank": Metric(
        f"{_EVALUATION}.classifiers.misclassification_rank:measure_misclassification_rank",
        "which rank of the clean prediction new successes of attacks reach",
        "Li et al. 2021 (PC), figure 2",
        reads=(*_CLASSIFIER, *_ATTACKS),
        drawing=drawings.RANKS,
    ),
    "parameter-randomisation": Metric(
        f"{_EVALUATION}.attributions.randomisation:measure_randomisation",
        "likeness of attributions to those of the network with randomised weights",
        "Adebayo et al. 2018",
        reads=(*_CLASSIFIER, *_EXPLANATIONS, "retrain"),
    ),
    "fairness": Metric(
        f"{_EVALUATION}.classifiers.fairness:measure_fairness",
        "accuracy by group, gaps between values of a sensitive attribute, and counterfactual "
        "consistency",
        "Nam et al. 2020, Hardt et al. 2016, Kusner et al. 2017",
        reads=(*_CLASSIFIER, "cvae"),
        drawing=drawings.FAIRNESS,
    ),
    "saturation": Metric(
        f"{_EVALUATION}.attributions.saturation:measure_saturation",
        "share of the paths of integrated gradients and CGI over which the output changes; a "
        "picture with --out",
        "Miglani et al. 2020; Qiang et al. 2022 (CIA), figure 7",
        reads=(*_CLASSIFIER, "cvae"),
    ),
    "twin-similarity": Metric(
        f"{_EVALUATION}.attributions.twins:measure_twins",
        "likeness of attributions to those of the twin, whose sensitive attributes alone differ",
        "after Qiang et al. 2022 (CIA), section 6.1",
        reads=(*_CLASSIFIER, *_EXPLANATIONS, "cvae"),
        drawing=drawings.TWINS,
    ),
    "baseline-validity": Metric(
        f"{_EVALUATION}.baselines.validity:measure_baselines",
        "share of baselines that are of the class they stand for, how near and how realistic they "
        "are",
        "after Shih et al. 2021 (GANMEX), section 2",
        reads=(*_CLASSIFIER, *_BASELINES, "targets", "judge", "samples", "kid_subsets"),
    ),
}

# Of attributions that are made on the fly.
CLASSIFIER_METRICS |= {
    name: replace(
        ATTRIBUTION_METRICS[name],
        reads=(*_CLASSIFIER, *_EXPLANATIONS, *read),
        measure=_ON_THE_FLY,
        unasked=False,
    )
    for name, read in {
        "insertion": ("step", "channel_sum"),
        "deletion": ("step", "channel_sum"),
        "gini": (),
        "inverse-localisation": (),
    }.items()
}

_VALIDITY = CLASSIFIER_METRICS["baseline-validity"]

COUNTERFACTUAL_METRICS = {
    "baseline-validity": Metric(
        f"{_EVALUATION}.baselines.validity:measure_generator",
        _VALIDITY.summary,
        _VALIDITY.source,
        reads=(*_VALIDITY.reads, "model"),
        unasked=True,
    ),
}

CVAE_METRICS = {
    "elbo": Metric(
        f"{_EVALUATION}.cvaes.elbo:measure_elbo",
        "evidence lower bound of a CVAE, and its two terms",
        "Sohn et al. 2015",
        reads=("dataset", "split", "limit"),
        unasked=True,
        drawing=drawings.ELBO,
    ),
    "interpolation": Metric(
        f"{_EVALUATION}.cvaes.interpolation:measure_interpolation",
        "share of a CVAE's interpolations that keep the class and move the sensitive attribute, "
        "to judges",
        "xaitool",
        reads=("architecture", *_IMAGES, "judge"),
        drawing=drawings.INTERPOLATIONS,
    ),
}

_GENERATED = (*_MODEL, *_IMAGES, "samples", "features", "generator")

GAN_METRICS = {
    "fid": Metric(
        "workflows.gans.figures:frechet_distance",
        "Fréchet distance between image features",
        "Heusel et al. 2017",
        reads=_GENERATED,
        measure=_FIGURES,
        unasked=True,
        drawing=drawings.FID,
    ),
    "kid": Metric(
        "workflows.gans.figures:kernel_distance",
        "kernel distance between image features",
        "Bińkowski et al. 2018",
        reads=(*_GENERATED, "kid_subsets"),
        measure=_FIGURES,
        unasked=True,
        drawing=drawings.KID,
    ),
    "precision": Metric(
        "workflows.gans.figures:precision",
        "share of generated images whose features lie among those of real ones",
        "Kynkäänniemi et al. 2019",
        reads=_GENERATED,
        measure=_FIGURES,
        drawing=drawings.QUALITY,
    ),
    "recall": Metric(
        "workflows.gans.figures:recall",
        "share of real images whose features lie among those of generated ones",
        "Kynkäänniemi et al. 2019",
        reads=_GENERATED,
        measure=_FIGURES,
        drawing=drawings.QUALITY,
    ),
    "density": Metric(
        "workflows.gans.figures:density",
        "how densely generated images lie among real ones; 1: as real ones do",
        "Naeem et al. 2020",
        reads=_GENERATED,
        measure=_FIGURES,
        drawing=drawings.QUALITY,
    ),
    "coverage": Metric(
        "workflows.gans.figures:coverage",
        "share of real images with a generated one among their nearest neighbours",
        "Naeem et al. 2020",
        reads=_GENERATED,
        measure=_FIGURES,
        drawing=drawings.QUALITY,
    ),
    "pixel-deviation": Metric(
        "workflows.gans.figures:deviation_of_pixels",
        "how much pixels vary from image to image; 1: as in the data, 0: all images equal",
        "xaitool",
        reads=_GENERATED,
        measure=_FIGURES,
        drawing=drawings.QUALITY,
    ),
    "class-coverage": Metric(
        "workflows.gans.figures:coverage_of_classes",
        "share of the wanted classes that a classifier finds among generated images",
        "after Metz et al. 2017 (Unrolled GAN)",
        reads=_GENERATED,
        measure=_FIGURES,
        drawing=drawings.QUALITY,
    ),
    "feature-distance": Metric(
        "workflows.gans.figures:distance_of_features",
        "mean distance between two generated images' features; 1: as between real ones",
        "xaitool",
        reads=_GENERATED,
        measure=_FIGURES,
        drawing=drawings.QUALITY,
    ),
    "convergence": Metric(
        f"{_EVALUATION}.gans.comparison:compare_gans",
        "epochs and seconds until KID has settled and FID is low, run by run",
        "Graves et al. 2020 (LogicGAN), section 5.2",
        reads=("kid_threshold", "fid_level"),
        unasked=True,
        compares=True,
    ),
    "samples": Metric(
        f"{_EVALUATION}.gans.samples:write_samples",
        "images of a GAN as files, and a grid of them, in --out",
        "Graves et al. 2020 (LogicGAN), figures 2 to 5",
        reads=("samples", "limit", "generator"),
    ),
}

METRICS_OF = {
    "classifier": CLASSIFIER_METRICS,
    "gan": GAN_METRICS,
    "baseline-gan": COUNTERFACTUAL_METRICS,
    "cvae": CVAE_METRICS,
    "recommender": RECOMMENDER_METRICS,
    "attribution": ATTRIBUTION_METRICS,
}
"""The metrics of each kind of artifact."""
