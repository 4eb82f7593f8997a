"""Options of ``train-baseline-gan``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from xaitool import registry
from xaitool.options import option, with_presets
from xaitool.workflows.configs.common import TrainingRunOptions
from xaitool.workflows.configs.model import ModelOptions

PRESETS: dict[str, dict[str, Any]] = {
    "stargan": {},
    "authors-head": {
        "lambda_class": 1000.0,
        "lambda_similarity": 100.0,
        "lambda_reconstruction": 0.0,
        "learning_rate": 2e-5,
        "beta1": 0.9,
        "n_critic": 1,
    },
    # On MNIST nearly every baseline is of its class within an epoch; with a lighter similarity they
    # are farther from their images than the nearest training images are.
    "small": {
        "width": 16,
        "blocks": 2,
        "lambda_class": 10.0,
        "lambda_similarity": 30.0,
        "learning_rate": 1e-3,
        "critic_learning_rate": 1e-3,
        "batch_size": 32,
        "n_critic": 2,
    },
}


@with_presets(PRESETS)
@dataclass(frozen=True, kw_only=True)
class TrainBaselineGanConfig(ModelOptions, TrainingRunOptions):
    """Train a generator whose images serve as counterfactual baselines of a classifier."""

    preset: str = option(
        "stargan",
        "Defaults: StarGAN's; authors-head: weights, step sizes and updates of GANMEX's published "
        "code; small: networks that train on two cores.",
        panel="Training",
        choices=tuple(PRESETS),
        what="preset",
        unit="NAME",
    )
    classifier: str | None = option(
        None,
        "The classifier to be explained: a xaitool checkpoint or run, torchvision:NAME, "
        "package.module:factory, or an exported program (.pt2); standalone is only measured "
        "against it.",
        panel="Model",
        unit="MODEL",
    )
    dataset: str | None = option(
        None,
        f"One of {', '.join(registry.names('dataset'))}:PATH (an image folder or a .zip of one); "
        "default: the classifier's own, else digits.",
        panel="Data",
        completions=registry.names("dataset"),
        unit="NAME",
    )
    generator: str = option(
        "ganmex",
        "; ".join(f"{name}: {entry.summary}" for name, entry in registry.GENERATORS.items()) + ".",
        panel="Training",
        choices=registry.names("generator"),
        what="generator",
        unit="NAME",
    )
    lambda_class: float = option(
        1.0,
        "Weight of the target class's cross-entropy.",
        panel="Losses",
        minimum=0,
        unit="WEIGHT",
    )
    lambda_reconstruction: float = option(
        10.0,
        "Weight of the L1 distance between an image and its way to the target class and back.",
        panel="Losses",
        minimum=0,
        unit="WEIGHT",
    )
    lambda_similarity: float = option(
        10.0,
        "Weight of the L1 distance between an image and its baseline.",
        panel="Losses",
        minimum=0,
        unit="WEIGHT",
    )
    lambda_penalty: float = option(
        10.0, "Weight of the critic's gradient penalty.", panel="Losses", minimum=0, unit="WEIGHT"
    )
    adversarial_loss: str = option(
        "wasserstein",
        "The critic's loss; log: as in GANMEX's paper.",
        panel="Losses",
        choices=("wasserstein", "log"),
        what="adversarial loss",
    )
    include_source: bool = option(
        False,
        "Draw target classes over all classes, the image's own too, as GANMEX's published code.",
        panel="Losses",
    )
    n_critic: int = option(
        5, "Updates of the critic for one of the generator.", panel="Training", minimum=1
    )
    width: int = option(
        64,
        "Channels of the first layer, of both networks.",
        panel="Training",
        minimum=1,
        unit="CHANNELS",
    )
    blocks: int = option(6, "Residual blocks of the generator.", panel="Training", minimum=0)
    critic_layers: int = option(
        6,
        "Layers of the critic, at most; small images have fewer.",
        panel="Training",
        minimum=1,
        unit="LAYERS",
    )
    epochs: int = option(20, "Passes over the training images.", panel="Training", minimum=1)
    batch_size: int = option(
        16,
        "Images in an update; a step takes --n-critic times as many.",
        panel="Training",
        minimum=1,
        unit="IMAGES",
    )
    learning_rate: float = option(
        1e-4, "Adam's first step size, of the generator.", panel="Training", above=0
    )
    critic_learning_rate: float = option(
        1e-4, "Adam's first step size, of the critic.", panel="Training", above=0
    )
    beta1: float = option(0.5, "Adam's first decay.", panel="Training", minimum=0, maximum=0.9999)
    beta2: float = option(
        0.999, "Adam's second decay.", panel="Training", minimum=0, maximum=0.99999
    )
    schedule: str = option(
        "linear",
        "How the learning rates fall: linear: to nothing over the second half; constant: never.",
        panel="Training",
        choices=("linear", "constant"),
        what="schedule",
        unit="NAME",
    )
    ema_decay: float = option(
        0.999,
        "Decay of the running mean of the generator's weights, which is the generator that is "
        "judged and used; 0: none.",
        panel="Training",
        minimum=0,
        maximum=0.99999,
    )
    judged: int = option(
        200,
        "Training images held out to judge each epoch; every class gives its share.",
        panel="Judging",
        minimum=1,
        unit="IMAGES",
    )
    grid: int = option(
        10,
        "Held-out images, and target classes, in each epoch's grid, at most.",
        panel="Judging",
        minimum=1,
        unit="IMAGES",
    )
