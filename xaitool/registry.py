"""Everything that has a name: what it is called, where it lives, what it does, who described it.

Strings only, so that ``--help`` stays fast; `load` imports on use. One more of something is one
file and one line here: choices, completions, messages and the tests' parametrisation follow.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, NamedTuple

from xaitool.errors import UnknownNameError


class Entry(NamedTuple):
    """One named thing.

    Attributes:
        target: ``module:name``, relative to the package ``xaitool``.
        summary: One line for people.
        source: Paper or origin.
    """

    target: str
    summary: str
    source: str


ATTRIBUTION = {
    "saliency": Entry(
        "core.attribution.saliency:Saliency",
        "gradient of the score at the input",
        "Simonyan et al. 2013",
    ),
    "input-x-gradient": Entry(
        "core.attribution.input_x_gradient:InputXGradient",
        "pixel times gradient",
        "Shrikumar et al. 2016",
    ),
    "smooth-grad": Entry(
        "core.attribution.smooth_grad:SmoothGrad",
        "gradient averaged over noisy copies of the input",
        "Smilkov et al. 2017",
    ),
    "guided-backprop": Entry(
        "core.attribution.guided_backprop:GuidedBackprop",
        "gradient that passes a ReLU only where it is positive",
        "Springenberg et al. 2015",
    ),
    "integrated-gradients": Entry(
        "core.attribution.integrated_gradients:IntegratedGradients",
        "gradients integrated on the straight line from a baseline",
        "Sundararajan et al. 2017",
    ),
    "blur-ig": Entry(
        "core.attribution.blur_ig:BlurIntegratedGradients",
        "gradients integrated as the image's blur fades; needs no baseline",
        "Xu et al. 2020",
    ),
    "expected-gradients": Entry(
        "core.attribution.expected_gradients:ExpectedGradients",
        "integrated gradients over the references of a dataset, drawn or enumerated",
        "Erion et al. 2019",
    ),
    "agi": Entry(
        "core.attribution.agi:AdversarialGradientIntegration",
        "gradients integrated along steepest ascents to other classes; needs no baseline",
        "Pan et al. 2021",
    ),
    "deeplift": Entry(
        "core.attribution.deeplift:DeepLift",
        "differences from a baseline, propagated by the rescale rule",
        "Shrikumar et al. 2017",
    ),
    "deep-shap": Entry(
        "core.attribution.deep_shap:DeepShap",
        "DeepLIFT averaged over references from a dataset",
        "Lundberg and Lee 2017",
    ),
    "occlusion": Entry(
        "core.attribution.occlusion:Occlusion",
        "fall of the score when a window of the image is hidden",
        "Zeiler and Fergus 2014",
    ),
    "grad-cam": Entry(
        "core.attribution.grad_cam:GradCam",
        "feature maps of a convolution, weighted by their mean gradients",
        "Selvaraju et al. 2017",
    ),
}

BASELINES = {
    "zero": Entry("core.baselines.zero:Zero", "black image", "Sundararajan et al. 2017"),
    "dataset": Entry(
        "core.baselines.dataset:DatasetReferences",
        "references drawn from a dataset",
        "Lundberg and Lee 2017",
    ),
    "maximum": Entry(
        "core.baselines.maximum:Maximum", "white image", "common usage, in GANMEX section 2.2"
    ),
    "mean": Entry("core.baselines.mean:Mean", "the image's own mean colour", "common usage"),
    "blur": Entry("core.baselines.blur:Blur", "the image, blurred", "Fong and Vedaldi 2017"),
    "uniform": Entry("core.baselines.uniform:Uniform", "uniform noise", "Sturmfels et al. 2020"),
    "gaussian": Entry(
        "core.baselines.gaussian:Gaussian",
        "the image under Gaussian noise",
        "Sturmfels et al. 2020",
    ),
    "image": Entry(
        "core.baselines.image:GivenImage", "image:FILE, the same for all images", "xaitool"
    ),
    "optimised-target": Entry(
        "core.baselines.optimised_target:OptimisedTarget",
        "nearest image that the classifier puts into the class of --against, by gradient descent",
        "Shih et al. 2021 (GANMEX), equation 2 without realism",
    ),
    "nearest-target": Entry(
        "core.baselines.nearest_target:NearestTarget",
        "nearest training image of the class of --against (MDTS)",
        "Bach et al. 2015, in GANMEX section 2.2",
    ),
    "target-class": Entry(
        "core.baselines.target_class:TargetClass",
        "training images drawn from the class of --against",
        "Shih et al. 2021 (GANMEX), section 2.3",
    ),
}

GUIDANCE = {
    "none": Entry("core.guidance.none:NoGuidance", "plain GAN", "Goodfellow et al. 2014"),
    "shap": Entry(
        "core.guidance.shap:ShapGuidance",
        "DeepSHAP of the discriminator against real images",
        "Graves et al. 2020 (LogicGAN)",
    ),
    "saliency": Entry(
        "core.guidance.saliency:SaliencyGuidance",
        "gradient of the discriminator's output",
        "Nagisetty et al. 2020 (xAI-GAN)",
    ),
    "random": Entry(
        "core.guidance.random:RandomGuidance",
        "the control: a uniform random mask",
        "control of xaitool",
    ),
}

LOSSES = {
    "cross-entropy": Entry(
        "core.losses.cross_entropy:CrossEntropy", "softmax cross-entropy", "Bridle 1990"
    ),
}

DATASETS = {
    "digits": Entry(
        "data.digits:load",
        "1,797 real handwritten digits, 28x28 grey, needs no download",
        "Alpaydin and Kaynak 1998, shipped by scikit-learn",
    ),
    "mnist": Entry("data.torchvision_sets:load_mnist", "handwritten digits", "LeCun et al. 1998"),
    "fashion-mnist": Entry(
        "data.torchvision_sets:load_fashion_mnist", "garments", "Xiao et al. 2017"
    ),
    "kmnist": Entry(
        "data.torchvision_sets:load_kmnist", "cursive Japanese characters", "Clanuwat et al. 2018"
    ),
    "cifar10": Entry(
        "data.torchvision_sets:load_cifar10", "32x32 colour photographs", "Krizhevsky 2009"
    ),
    "svhn": Entry("data.torchvision_sets:load_svhn", "house numbers", "Netzer et al. 2011"),
    "folder": Entry(
        "data.image_folder:load", "folder:PATH, an image folder or a .zip of one", "xaitool"
    ),
}

RATINGS = {
    "synthetic-ratings": Entry(
        "data.ratings.synthetic:load",
        "ratings made from planted preferences, needs no download; synthetic-ratings:noise=0.1",
        "xaitool",
    ),
    "ml-100k": Entry(
        "data.ratings.movielens:load_100k",
        "100,000 ratings of films, 18 genres",
        "Harper and Konstan 2015 (MovieLens)",
    ),
    "ml-1m": Entry(
        "data.ratings.movielens:load_1m",
        "a million ratings of films, 18 genres",
        "Harper and Konstan 2015 (MovieLens)",
    ),
    "ml-10m": Entry(
        "data.ratings.movielens:load_10m",
        "10 million ratings of films",
        "Harper and Konstan 2015 (MovieLens)",
    ),
    "ml-20m": Entry(
        "data.ratings.movielens:load_20m",
        "20 million ratings of films",
        "Harper and Konstan 2015 (MovieLens)",
    ),
    "ml-25m": Entry(
        "data.ratings.movielens:load_25m",
        "25 million ratings of films",
        "Harper and Konstan 2015 (MovieLens)",
    ),
    "ml-32m": Entry(
        "data.ratings.movielens:load_32m",
        "32 million ratings of films",
        "Harper and Konstan 2015 (MovieLens)",
    ),
    "yahoo-movies": Entry(
        "data.ratings.yahoo_movies:load",
        "yahoo-movies:FOLDER, Yahoo! Movies user ratings, Webscope R4",
        "Yahoo! Research",
    ),
    "csv": Entry(
        "data.ratings.csv_file:load",
        "csv:FILE, lines of user,item,rating[,timestamp], and the file of aspects beside it",
        "xaitool",
    ),
}

BASE_MODELS = {
    "svd": Entry(
        "core.recommenders.svd:Svd",
        "biased matrix factorisation",
        "Koren et al. 2009",
    ),
    "svd++": Entry(
        "core.recommenders.svd_plus_plus:SvdPlusPlus",
        "svd that learns from what was rated at all, too",
        "Koren 2008",
    ),
    "ncf": Entry(
        "core.recommenders.ncf:Ncf",
        "neural collaborative filtering (NeuMF) with explicit ratings",
        "He et al. 2017",
    ),
    "fm": Entry(
        "core.recommenders.fm:Fm",
        "factorisation machine over user, item and aspects",
        "Rendle 2010",
    ),
    "linear": Entry(
        "core.recommenders.linear:Linear",
        "a ridge regression a user on aspects, which explains itself",
        "Pan et al. 2020 (AMCF), section 4.2",
    ),
    "baseline": Entry(
        "core.recommenders.biases:Biases",
        "mean and biases only, which explain nothing",
        "Koren 2010",
    ),
}

CLASSIFIERS = {
    "lenet5": Entry(
        "core.models.lenet5:LeNet5", "two convolutions, three linear layers", "LeCun et al. 1998"
    ),
    "cnn2c": Entry(
        "core.models.cnn2c:CNN2C", "two convolutions, one linear layer", "LGL-INR paper"
    ),
    "ganmex-cnn": Entry(
        "core.models.ganmex_cnn:GanmexCNN",
        "two strided convolutions, dropout",
        "Shih et al. 2021 (GANMEX)",
    ),
}

GANS = {
    "mlp": Entry(
        "core.models.mlp_gan:MLPGan", "fully connected generator and discriminator", "LogicGAN"
    ),
}

CLASSIFIER_METRICS = {
    "accuracy": Entry(
        "core.metrics.accuracy:Accuracy", "share of right predictions", "common usage"
    ),
    "confusion": Entry(
        "core.metrics.confusion:Confusion", "how often which class was predicted", "common usage"
    ),
}

GAN_METRICS = {
    "fid": Entry(
        "core.metrics.fid:fid", "Fréchet distance between image features", "Heusel et al. 2017"
    ),
    "kid": Entry(
        "core.metrics.kid:kid", "kernel distance between image features", "Bińkowski et al. 2018"
    ),
}

ATTRIBUTION_METRICS = {
    "insertion": Entry(
        "core.metrics.insertion_deletion:insertion",
        "area under the score as the most important pixels appear",
        "Petsiuk et al. 2018 (RISE)",
    ),
    "deletion": Entry(
        "core.metrics.insertion_deletion:deletion",
        "area under the score as the most important pixels vanish",
        "Petsiuk et al. 2018 (RISE)",
    ),
}

RECOMMENDER_METRICS = {
    "rmse": Entry(
        "core.metrics.rating_error:RatingError",
        "root mean squared error of held-out ratings, pooled",
        "common usage",
    ),
    "mae": Entry(
        "core.metrics.rating_error:RatingError",
        "mean absolute error of held-out ratings, pooled",
        "common usage",
    ),
    "cold-rmse": Entry(
        "core.metrics.rating_error:rating_errors_apart",
        "rmse of users and of items without a training rating, and of the others",
        "common usage",
    ),
    **{
        f"{end}{most}@{within}": Entry(
            f"core.metrics.aspect_ranking:{side}_recall",
            f"recall of a user's {side} {most} aspects in the predicted {side} {within}",
            "Pan et al. 2020 (AMCF), section 4.3",
        )
        for end, side in (("t", "top"), ("b", "bottom"))
        for most, within in ((1, 3), (3, 5))
    },
    "score_s": Entry(
        "core.metrics.specific_agreement:specific_agreement",
        "cosine of the given and the real reasons for single items",
        "Pan et al. 2020 (AMCF), section 4.3",
    ),
    "explained-share": Entry(
        "core.recommenders.amcf:Amcf",
        "how much of an item's vector lies in the space of its aspects",
        "xaitool",
    ),
    "planted": Entry(
        "core.metrics.rank_correlation:rank_correlation",
        "rank correlation with the planted preferences of synthetic-ratings",
        "Spearman 1904",
    ),
    "ndcg": Entry(
        "core.metrics.ranking:ndcg_at",
        "discounted gain of the recommended items that were held out and liked",
        "Järvelin and Kekäläinen 2002",
    ),
    "recall": Entry(
        "core.metrics.ranking:recall_at",
        "share of the held-out liked items that are recommended",
        "common usage",
    ),
}

METRICS = CLASSIFIER_METRICS | GAN_METRICS | ATTRIBUTION_METRICS | RECOMMENDER_METRICS

KINDS: dict[str, dict[str, Entry]] = {
    "method": ATTRIBUTION,
    "baseline": BASELINES,
    "guidance": GUIDANCE,
    "loss": LOSSES,
    "dataset": DATASETS,
    "ratings": RATINGS,
    "base": BASE_MODELS,
    "architecture": CLASSIFIERS,
    "gan": GANS,
    "metric": METRICS,
}


def names(kind: str) -> tuple[str, ...]:
    """The registered names of a kind, in the order in which they are shown."""
    return tuple(KINDS[kind])


def entry(kind: str, name: str) -> Entry:
    """Look a name up.

    Raises:
        UnknownNameError: There is no such name; the message suggests the nearest.
    """
    if name not in KINDS[kind]:
        raise UnknownNameError(kind, name, KINDS[kind])
    return KINDS[kind][name]


def load(kind: str, name: str) -> Any:
    """Import what a name stands for.

    Raises:
        UnknownNameError: There is no such name.
    """
    module, _, attribute = entry(kind, name).target.partition(":")
    return getattr(import_module(f"xaitool.{module}"), attribute)
