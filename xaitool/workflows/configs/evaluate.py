"""Options of ``evaluate``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from xaitool import registry
from xaitool.options import option
from xaitool.options.reader import Reader
from xaitool.workflows.configs.common import figure_format_option
from xaitool.workflows.configs.explanation import (
    ExplanationOptions,
    compared_baselines,
    draws,
    given_baselines,
    methods,
)


@dataclass(frozen=True, kw_only=True)
class EvaluateConfig(ExplanationOptions):
    """Measure what the kind of each artifact allows.

    Example:
        >>> import xaitool
        >>> config = xaitool.EvaluateConfig(
        ...     artifacts=("run",), metric=("robustness",), attack=("fgsm",), epsilon=(0, 8 / 255)
        ... )
        >>> config.split
        'test'
        >>> xaitool.EvaluateConfig(limit=0)
        Traceback (most recent call last):
            ...
        xaitool.errors.ConfigError: --limit is 0, but at least 1 is wanted
    """

    main: ClassVar[tuple[str, ...]] = ("artifacts", "dataset", "out", "metric")

    artifacts: tuple[Path, ...] = option(
        (),
        "Run directories, checkpoints (.pt) or attribution files (.h5).",
        argument=True,
        repeated=True,
        names_code=True,
        unit="ARTIFACTS",
    )
    metric: tuple[str, ...] = option(
        (),
        "Only this metric of those that the kind of artifact has; may be repeated.",
        panel="Measure",
        flags=("-m",),
        repeated=True,
        choices=registry.names("metric"),
        what="metric",
        unit="NAME",
    )
    samples: int = option(
        10_000,
        "Generated and real images behind each GAN metric, at most; images that samples writes.",
        panel="Measure",
        minimum=2,
        unit="IMAGES",
    )
    kid_subsets: int = option(
        100, "Subsets of 1,000 images over which KID is averaged.", panel="Measure", minimum=1
    )
    features: str | None = option(
        None,
        "The network whose features GAN metrics compare: lenet, our own, trained once a dataset; "
        "inception, torchvision's; or a classifier as MODEL elsewhere. Default: the one that "
        "judged the training.",
        panel="Measure",
        completions=("lenet", "inception"),
        names_code=True,
        unit="lenet|inception|MODEL",
    )
    kid_threshold: float | None = option(
        None,
        "Most by which KID differs between ten epochs of a training that has converged; "
        "default: 100, which suits features of lenet; those of other networks have other units.",
        panel="Measure",
        minimum=0,
        unit="KID",
    )
    fid_level: float | None = option(
        None,
        "The FID at which convergence counts epochs and seconds; default: the worst of the runs' "
        "best, which all of them reach.",
        panel="Measure",
        minimum=0,
        unit="FID",
    )
    step: int | None = option(
        None,
        "Pixels changed at once by insertion and deletion; default: the image's width.",
        panel="Measure",
        minimum=1,
        unit="PIXELS",
    )
    channel_sum: str = option(
        "signed",
        "How insertion and deletion make one number of a pixel's channels.",
        panel="Measure",
        choices={
            "signed": "their sum",
            "absolute": "the sum of their magnitudes",
            "both": "a row of each",
        },
        what="channel sum",
        unit="signed|absolute|both",
    )
    folds: int | None = option(
        None,
        "Random folds for which a recommender is fitted again; default: 5, or the ratings that it "
        "held out.",
        panel="Measure",
        minimum=2,
    )
    truth: str = option(
        "training",
        "Ratings behind what users of a recommender really prefer; all, the test fold's "
        "included, is the published way.",
        panel="Measure",
        choices=("training", "all"),
        what="truth",
    )
    top: int = option(
        10,
        "Length of the recommended list that ndcg and recall measure.",
        panel="Measure",
        minimum=1,
        unit="ITEMS",
    )
    relevant: float | None = option(
        None,
        "Smallest rating of an item that ndcg and recall want in the list; default: three "
        "quarters up the scale, which is 4 of 1 to 5.",
        panel="Measure",
        unit="RATING",
    )
    target: str = option(
        "label",
        "The class that attributions of a classifier explain: index, name, 'predicted' or 'label'.",
        panel="Measure",
        unit="CLASS",
    )
    against: str | None = option(
        None,
        "The class that it is held against: index, name, 'second', 'predicted', 'label', 'all' (of "
        "insertion and the like), or 'none'; default: of parameter-randomisation another class, "
        "drawn for each image, of insertion and the like that where a baseline or metric wants "
        "one, of twin-similarity none.",
        panel="Measure",
        unit="CLASS",
    )
    targets: str = option(
        "all",
        "Classes that baseline-validity asks for: every class but the image's own, or one that is "
        "drawn for each image.",
        panel="Measure",
        choices=("all", "one"),
        what="targets",
        unit="all|one",
    )
    judge: tuple[str, ...] = option(
        (),
        "A classifier that was trained apart, to say whether it agrees with the class of a "
        "baseline or of an interpolation; may be repeated.",
        panel="Measure",
        repeated=True,
        names_code=True,
        unit="MODEL",
    )
    cvae: Path | None = option(
        None,
        "The CVAE by which sensitive attributes move for fairness, saturation and "
        "twin-similarity; default: recolouring, where the attribute is the colour channel.",
        panel="Measure",
        unit="RUN",
    )
    retrain: int = option(
        0,
        "Updates of a generator that parameter-randomisation trains anew against each randomised "
        "network, for each baseline ganmex:RUN beside the unchanged one; 0: none.",
        panel="Measure",
        minimum=0,
        unit="UPDATES",
    )
    attack: tuple[str, ...] = option(
        (),
        "What changes images; may be repeated; default: fgsm, pgd, apgd-ce and square for "
        "robustness, fgsm and mim for misclassification-rank, fgsm for features.",
        panel="Attack",
        repeated=True,
        choices=registry.names("attack"),
        what="attack",
        unit="NAME",
    )
    attack_option: tuple[str, ...] = option(
        (),
        "An option of the attack, see --list, such as steps=100, or pgd.restarts=10 where there "
        "are several attacks; may be repeated.",
        panel="Attack",
        repeated=True,
        unit="NAME=VALUE",
    )
    epsilon: tuple[float, ...] | None = option(
        None,
        "Largest changes of a pixel value in [0, 1], such as 0,8/255; default: 8/255 for "
        "robustness, 0.02 to 0.2 for misclassification-rank, and for features 0.3 of grey images, "
        "8/255 of colour ones.",
        panel="Attack",
        minimum=0,
        maximum=1,
        unit="EPSILON,...",
    )
    transfer_from: tuple[str, ...] = option(
        (),
        "Another classifier, on which robustness also makes the attacks, to try all of them on "
        "all classifiers; may be repeated.",
        panel="Attack",
        repeated=True,
        names_code=True,
        unit="MODEL",
    )
    model: str | None = option(
        None,
        "Judge attribution files with this model instead of the one they name.",
        panel="Model",
        names_code=True,
        unit="MODEL",
    )
    generator: str | None = option(
        None,
        "The function that makes the generator of a GAN that was trained on a user's own.",
        panel="Model",
        names_code=True,
        unit="PACKAGE.MODULE:FACTORY",
    )
    dataset: str | None = option(
        None,
        "Measure on this dataset; default: the one that the artifact was trained on.",
        panel="Data",
        completions=registry.names("dataset"),
        unit="NAME",
    )
    split: str = option(
        "test",
        "Split of the dataset.",
        panel="Data",
        choices=("train", "test"),
        what="split",
        unit="SPLIT",
    )
    limit: int | None = option(
        None,
        "Measure only the first N samples; default: all, 16 for parameter-randomisation, and, "
        "evenly spaced, 1,000 for features and 200 for saturation, twin-similarity, and insertion "
        "and the like of a classifier.",
        panel="Data",
        minimum=1,
        unit="N",
    )
    figure_format: str = figure_format_option()

    readers: ClassVar[tuple[Reader, ...]] = (
        Reader(
            "--method cgi", lambda run: any(one.follows_path for one in methods(run)), ("path",)
        ),
        Reader(
            "--metric baseline-validity, or a method that compares,",
            lambda run: _judges_baselines(run) or any(one.needs_baseline for one in methods(run)),
            ("baseline", "baseline_option"),
        ),
        Reader(
            "a baseline that draws, such as --baseline dataset or uniform,",
            lambda run: draws(run, compared_baselines(run)) or _draws_judged(run),
            ("references",),
        ),
    )


def _judges_baselines(run: EvaluateConfig) -> bool:
    """Whether baselines are measured themselves; a generator's are where no metric is named."""
    return not run.metric or "baseline-validity" in run.metric


def _draws_judged(run: EvaluateConfig) -> bool:
    """Whether one of the baselines that are measured themselves draws; those by default do."""
    return _judges_baselines(run) and (not run.baseline or draws(run, given_baselines(run)))
