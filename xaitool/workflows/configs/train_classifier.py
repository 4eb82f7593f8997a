"""Options of ``train-classifier``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from xaitool import registry
from xaitool.options import option, with_presets
from xaitool.options.reader import Reader
from xaitool.workflows.configs.common import TrainingOptions
from xaitool.workflows.configs.presets import CLASSIFIERS


@with_presets(CLASSIFIERS)
@dataclass(frozen=True, kw_only=True)
class TrainClassifierConfig(TrainingOptions):
    """Train an image classifier.

    Example:
        From a preset, and from what a configuration file says.

        >>> import xaitool
        >>> preset = xaitool.TrainClassifierConfig.presets["pc-mnist"]
        >>> config = xaitool.TrainClassifierConfig(**{**preset, "epochs": 20})
        >>> config.loss, config.epochs
        ('pc', 20)
        >>> values = {"epochs": 5, "batch-size": 32}
        >>> xaitool.TrainClassifierConfig.from_mapping(values, source="run.toml").batch_size
        32
    """

    main: ClassVar[tuple[str, ...]] = (*TrainingOptions.main, "architecture", "loss")

    preset: str | None = option(
        None,
        "A paper's recipe: other defaults, which any flag overrides.",
        panel="Training",
        choices=tuple(CLASSIFIERS),
        what="preset",
        role="run",
        unit="NAME",
    )
    architecture: str = option(
        "lenet5",
        "The network; any torchvision classification model, or your own, package.module:factory: "
        "from pixels in [0, 1] to logits.",
        panel="Training",
        completions=registry.names("architecture"),
        names_code=True,
        unit="NAME|FACTORY",
    )
    epochs: int = option(
        10,
        "Passes over the training images, warm-up included.",
        panel="Training",
        minimum=1,
        role="run",
    )
    batch_size: int = option(64, "Images in a step.", panel="Training", minimum=1, unit="IMAGES")
    optimiser: str = option(
        "adamw",
        "What takes the steps.",
        panel="Training",
        choices=("adamw", "adam", "sgd"),
        what="optimiser",
    )
    learning_rate: float = option(1e-3, "Largest step size.", panel="Training", above=0)
    momentum: float = option(0.9, "Momentum of sgd.", panel="Training", minimum=0, maximum=0.9999)
    weight_decay: float = option(
        0.0,
        "Weight decay: decoupled for adamw, an L2 term in the gradient for the others.",
        panel="Training",
        minimum=0,
    )
    schedule: str = option(
        "cosine",
        "How the learning rate falls over the run, and again after a warm-up.",
        panel="Training",
        choices=("cosine", "constant", "steps"),
        what="schedule",
    )
    milestones: tuple[int, ...] | None = option(
        None,
        "For --schedule steps: the epochs after which the rate is multiplied by --factor.",
        panel="Training",
        minimum=1,
        unit="EPOCH,...",
    )
    factor: float = option(
        0.1, "For --schedule steps: see --milestones.", panel="Training", above=0, maximum=1
    )
    loss: str = option(
        "cross-entropy",
        "What is minimised.",
        panel="Loss",
        choices=registry.names("loss"),
        what="loss",
        unit="NAME",
    )
    loss_option: tuple[str, ...] = option(
        (),
        "An option of the loss, see --list; may be repeated.",
        panel="Loss",
        repeated=True,
        unit="NAME=VALUE",
    )
    class_weights: str = option(
        "none",
        "For cross-entropy and logistic: none, inverse-frequency, square-root-inverse-frequency, "
        "effective-number[:BETA], or a number for each class: 1,1,2.5.",
        panel="Loss",
        completions=(
            "none",
            "inverse-frequency",
            "square-root-inverse-frequency",
            "effective-number",
        ),
        unit="WEIGHTS",
    )
    warm_up: int | None = option(
        None,
        "First epochs, with cross-entropy; then optimiser and schedule begin anew with --loss. "
        "Default: half of --epochs for pc, else 0.",
        panel="Loss",
        minimum=0,
        unit="EPOCHS",
    )
    augment: tuple[str, ...] | None = option(
        None,
        "How training images are varied; several are separated by commas.",
        panel="Augmentation",
        choices={
            "none": "not at all",
            "flip": "left to right, every second one",
            "rotate": "by up to --rotation",
            "crop": "shifted by up to --crop-padding",
            "cia": "counterfactual interpolations are added, see --cvae",
        },
        what="augmentation",
        unit="NAME,...",
    )
    rotation: float = option(
        10.0,
        "For rotate: at most so far, to either side.",
        panel="Augmentation",
        above=0,
        maximum=180,
        unit="DEGREES",
    )
    crop_padding: int = option(
        4,
        "For crop: black border of which the image's own size is cut.",
        panel="Augmentation",
        minimum=1,
        unit="PIXELS",
    )
    cvae: str | None = option(
        None,
        "For cia, what moves an image's sensitive attributes to other values: a checkpoint or run "
        "of train-baseline-gan --generator-kind cvae; or recolour, the exact way for coloured "
        "digits.",
        panel="Augmentation",
        completions=("recolour",),
        unit="CVAE|recolour",
    )
    interpolations: int = option(
        10,
        "For cia: images on the way from an image to its counterfactual, ends included.",
        panel="Augmentation",
        minimum=1,
        unit="IMAGES",
    )
    augment_limit: int | None = option(
        None,
        "For cia: only so many training images, drawn at random, get interpolations; default: all.",
        panel="Augmentation",
        minimum=1,
        unit="IMAGES",
    )
    replace_originals: bool = option(
        False,
        "For cia: train on the interpolations in place of their images, not beside them as "
        "published; a network can tell smooth images of a CVAE from real ones, and go on using "
        "the attribute of those.",
        panel="Augmentation",
    )
    debias: str = option(
        "none",
        "How groups of equal label and sensitive attributes count.",
        panel="Debiasing",
        choices={
            "none": "by their images",
            "reweight": "all the same",
            "group-dro": "the worst most (Sagawa et al. 2019)",
        },
        what="debiasing",
    )
    group_step: float = option(
        0.01, "For group-dro: step size of the groups' weights.", panel="Debiasing", above=0
    )
    adversarial: str = option(
        "none",
        "Train on as many adversarial images as clean ones, made by this attack.",
        panel="Adversarial training",
        choices=("none", "fgsm", "pgd"),
        what="attack",
    )
    adversarial_epsilon: tuple[float, ...] | None = option(
        None,
        "Largest change of a pixel value, drawn anew for each batch from this range; or one value.",
        panel="Adversarial training",
        minimum=0,
        maximum=1,
        unit="LOW,HIGH",
    )
    adversarial_steps: int = option(
        5, "Steps of pgd.", panel="Adversarial training", minimum=1, unit="STEPS"
    )
    weights: str | None = option(
        None,
        "Start a network of torchvision from ImageNet weights, with a new last layer: a FILE, or "
        "'torchvision' for its own; or your own from a FILE of all of its weights.",
        panel="Transfer learning",
        completions=("torchvision",),
        unit="FILE",
    )
    freeze_backbone: bool = option(
        False,
        "Train only the new last layer or --head; the rest keeps --weights, by default "
        "torchvision's own.",
        panel="Transfer learning",
        flags=(" /--train-backbone",),
    )
    head: int | None = option(
        None,
        "Put a hidden layer of so many units before the new last layer.",
        panel="Transfer learning",
        minimum=1,
        unit="UNITS",
    )
    validation: float = option(
        0.1,
        "Share of the training images held out to choose the best checkpoint; 0: none, and the "
        "last is used.",
        panel="Data",
        minimum=0,
        maximum=0.9,
        unit="SHARE",
    )

    readers: ClassVar[tuple[Reader, ...]] = (
        Reader("--optimiser sgd", lambda run: run.optimiser == "sgd", ("momentum",)),
        Reader("--schedule steps", lambda run: run.schedule == "steps", ("milestones", "factor")),
        Reader(
            "--loss cross-entropy or logistic",
            lambda run: registry.load("loss", run.loss).weighted,
            ("class_weights",),
        ),
        Reader("--augment rotate", lambda run: "rotate" in (run.augment or ()), ("rotation",)),
        Reader("--augment crop", lambda run: "crop" in (run.augment or ()), ("crop_padding",)),
        Reader(
            "--augment cia",
            lambda run: "cia" in (run.augment or ()),
            ("cvae", "interpolations", "augment_limit", "replace_originals"),
        ),
        Reader("--debias group-dro", lambda run: run.debias == "group-dro", ("group_step",)),
        Reader(
            "--adversarial fgsm or pgd",
            lambda run: run.adversarial != "none",
            ("adversarial_epsilon",),
        ),
        Reader("--adversarial pgd", lambda run: run.adversarial == "pgd", ("adversarial_steps",)),
    )
