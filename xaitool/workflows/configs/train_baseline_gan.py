"""Options of ``train-baseline-gan``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from xaitool import registry
from xaitool.options import option, with_presets
from xaitool.options.reader import Reader
from xaitool.workflows.configs.common import TrainingRunOptions
from xaitool.workflows.configs.model import INPUT_OPTIONS, ModelOptions
from xaitool.workflows.configs.presets import BASELINE_GANS

_GAN: dict[str, Any] = {
    "epochs": 20,
    "batch_size": 16,
    "learning_rate": 1e-4,
    "beta1": 0.5,
    "schedule": "linear",
}
_CVAE: dict[str, Any] = {
    "dataset": "biased-mnist:of=digits",
    "epochs": 50,
    "batch_size": 64,
    "learning_rate": 1e-3,
    "beta1": 0.9,
    "schedule": "constant",
}
KIND_DEFAULTS = {name: _CVAE if name == "cvae" else _GAN for name in registry.names("generator")}
"""What an option that is not given means to each generator."""

CVAE_PANEL = "CVAE"

# None is what stands where an option is not given; nobody reads it, because the configuration puts
# the generator's own default there.
if TYPE_CHECKING:
    KindInt: TypeAlias = int
    KindFloat: TypeAlias = float
    KindText: TypeAlias = str
else:
    KindInt, KindFloat, KindText = int | None, float | None, str | None


@with_presets(BASELINE_GANS)
@dataclass(frozen=True, kw_only=True)
class TrainBaselineGanConfig(ModelOptions, TrainingRunOptions):
    """Train a generator whose images serve as counterfactual baselines of a classifier.

    Example:
        What is not given is the generator's own default.

        >>> import xaitool
        >>> xaitool.TrainBaselineGanConfig(classifier="run").epochs
        20
        >>> xaitool.TrainBaselineGanConfig(generator_kind="cvae").epochs
        50
    """

    main: ClassVar[tuple[str, ...]] = (*TrainingRunOptions.main, "classifier", "generator_kind")

    preset: str = option(
        "stargan",
        "Other defaults, which any flag overrides.",
        panel="Training",
        choices={
            "stargan": "the generator's own",
            "authors-head": "weights, step sizes and updates of GANMEX's published code",
            "small": "networks that train on two cores",
            "cia-biased-mnist": "CIA's cvae as published",
            "cia-celeba": "CIA's cvae for faces as published",
        },
        what="preset",
        unit="NAME",
    )
    classifier: str | None = option(
        None,
        "The classifier to be explained: a xaitool checkpoint or run, torchvision:NAME, "
        "package.module:factory, or an exported program (.pt2); standalone is only measured "
        "against it.",
        panel="Model",
        names_code=True,
        unit="MODEL",
    )
    dataset: str | None = option(
        None,
        "A dataset, or folder:PATH, an image folder or a .zip of one; default: the classifier's "
        "own, else digits; of cvae biased-mnist:of=digits.",
        panel="Data",
        completions=registry.names("dataset"),
        unit="NAME",
    )
    generator_kind: str = option(
        "ganmex",
        "How the generator is trained, and what it changes.",
        panel="Training",
        choices=registry.names("generator"),
        what="generator",
        unit="NAME",
        formerly="generator",
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
    epochs: KindInt = option(
        None,
        "Passes over the training images; default: 20, of cvae 50.",
        panel="Training",
        minimum=1,
        role="run",
    )
    batch_size: KindInt = option(
        None,
        "Images in an update; but for cvae a step takes --n-critic times as many. Default: 16, of "
        "cvae 64.",
        panel="Training",
        minimum=1,
        unit="IMAGES",
    )
    learning_rate: KindFloat = option(
        None,
        "Adam's first step size, of the generator; default: 0.0001, of cvae 0.001.",
        panel="Training",
        above=0,
    )
    critic_learning_rate: float = option(
        1e-4, "Adam's first step size, of the critic.", panel="Training", above=0
    )
    beta1: KindFloat = option(
        None,
        "Adam's first decay; default: 0.5, of cvae 0.9.",
        panel="Training",
        minimum=0,
        maximum=0.9999,
    )
    beta2: float = option(
        0.999, "Adam's second decay.", panel="Training", minimum=0, maximum=0.99999
    )
    schedule: KindText = option(
        None,
        "How the learning rates fall: linear (default): to nothing over the second half; constant: "
        "never.",
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
    latent: int = option(2, "Numbers in a code.", panel=CVAE_PANEL, minimum=1, unit="NUMBERS")
    beta: float = option(
        1.0,
        "Weight of the codes' divergence from the prior.",
        panel=CVAE_PANEL,
        minimum=0,
        unit="WEIGHT",
    )
    reconstruction: str = option(
        "bce",
        "How a reconstruction is compared with its image, summed over pixels and channels: bce: "
        "binary cross-entropy; squared-error.",
        panel=CVAE_PANEL,
        choices=("bce", "squared-error"),
        what="reconstruction",
    )
    tie: float | None = option(
        None,
        "Weight of what ties an image to its counterfactual, for attributes that are colours, "
        "ours: a code is made of the largest channel of each pixel alone, which must stay wherever "
        "between its own and other attributes it is decoded. 0: as published; then one digit may "
        "become another. Default: 1 where the sensitive attribute is the colour, else 0.",
        panel=CVAE_PANEL,
        minimum=0,
        unit="WEIGHT",
    )
    condition: str = option(
        "attributes",
        "What encoder and decoder are told: the sensitive attributes alone, or, as published, both "
        "these and the label, which then is painted into the interpolations, wrong ones too.",
        panel=CVAE_PANEL,
        choices=("attributes", "both"),
        what="condition",
        unit="attributes|both",
    )
    cvae_network: str = option(
        "auto",
        "The network of a CVAE.",
        panel=CVAE_PANEL,
        choices={
            "auto": "mlp up to 32 pixels",
            "mlp": "fully connected",
            "convolutional": "with batch normalisation",
        },
        what="CVAE network",
        unit="NAME",
    )
    interpolations_shown: int = option(
        9,
        "Images of each path in an epoch's grid, from the image's own attributes to others.",
        panel=CVAE_PANEL,
        minimum=2,
        unit="IMAGES",
    )

    readers: ClassVar[tuple[Reader, ...]] = (
        Reader(
            "--generator-kind cvae",
            lambda run: run.generator_kind == "cvae",
            (
                *("latent", "beta", "reconstruction", "tie", "condition", "cvae_network"),
                *("interpolations_shown", "sensitive"),
            ),
        ),
        Reader(
            "--generator-kind ganmex or standalone",
            lambda run: run.generator_kind != "cvae",
            (
                *("classifier", "lambda_class", "lambda_reconstruction", "lambda_similarity"),
                *("lambda_penalty", "adversarial_loss", "include_source", "n_critic", "width"),
                *("blocks", "critic_layers", "critic_learning_rate", "schedule", "ema_decay"),
            ),
        ),
        Reader(
            "--classifier, of --generator-kind ganmex or standalone,",
            # Without one ganmex is refused for that.
            lambda run: (
                run.generator_kind == "ganmex"
                or (run.generator_kind != "cvae" and run.classifier is not None)
            ),
            ("weights", "architecture", "classes_file", *INPUT_OPTIONS),
        ),
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, value in KIND_DEFAULTS[self.generator_kind].items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, value)

    def defaults(self) -> dict[str, Any]:
        """Where no preset says otherwise, the generator's own."""
        found = super().defaults()
        own = KIND_DEFAULTS[self.generator_kind]
        return found | {name: value for name, value in own.items() if found[name] is None}
