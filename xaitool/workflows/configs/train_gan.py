"""Options of ``train-gan``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from xaitool import registry
from xaitool.core.guidance.options import GuidanceOptions
from xaitool.options import can_name_code, option, option_fields, with_presets
from xaitool.options.reader import Reader
from xaitool.workflows.configs.common import TrainingOptions
from xaitool.workflows.configs.presets import GANS


def _evidence(run: TrainGanConfig) -> Any:
    """What explains the discriminator, None where nothing does; of a user's own its class."""
    if run.xai == "none":
        return None
    # They need torch, which `--help` can do without.
    from xaitool.core.guidance.evidence import FunctionEvidence, load_evidence

    if run.xai not in registry.GUIDANCE:
        return FunctionEvidence
    return load_evidence(run.xai, options=run.xai_option)


def _compares(run: TrainGanConfig) -> bool:
    found = _evidence(run)
    return found is not None and found.compares


def _has_references(run: TrainGanConfig) -> bool:
    return (
        _compares(run)
        and (_evidence(run).references if run.references is None else run.references) > 0
    )


_OF_REFERENCES = ("background", "reservoir")
_OF_GUIDANCE = tuple(
    field.name
    for field in option_fields(GuidanceOptions)
    if field.name not in ("explained_output", "references", *_OF_REFERENCES)
)


@with_presets(GANS)
@dataclass(frozen=True, kw_only=True)
class TrainGanConfig(GuidanceOptions, TrainingOptions):
    """Train a GAN whose generator is guided by an explanation of its discriminator.

    Example:
        >>> import xaitool
        >>> config = xaitool.TrainGanConfig(classes=("0", "1"), xai="deeplift", mask_stop=10)
        >>> config.classes
        ('0', '1')
        >>> xaitool.TrainGanConfig(epochs=0)
        Traceback (most recent call last):
            ...
        xaitool.errors.ConfigError: --epochs is 0, but at least 1 is wanted
    """

    main: ClassVar[tuple[str, ...]] = (*TrainingOptions.main, "xai", "architecture", "objective")

    preset: str | None = option(
        None,
        "A published variant: other defaults, which any flag overrides.",
        panel="Training",
        choices={
            "logicgan": "|φ| of the probability against 100 references",
            "xai-gan": "the gradient boosted by a fifth of the mask, of images judged fake, in the "
            "second half of the epochs",
        },
        what="preset",
        role="run",
        unit="NAME",
    )
    xai: str = option(
        "shap",
        "What masks the generator's gradient; none: the plain GAN; or your own, "
        "package.module:function of generated images, discriminator and references.",
        panel="Guidance",
        completions=("none", *registry.names("guidance")),
        names_code=True,
        unit="NAME",
    )
    mask_start: int = option(1, "First guided epoch.", panel="Guidance", minimum=1, unit="EPOCH")
    mask_stop: int | None = option(
        None, "Last guided epoch; default: the last of all.", panel="Guidance", minimum=1,
        unit="EPOCH",
    )  # fmt: skip
    mask_every: int = option(
        1, "Guide the first of so many steps, the others not.", panel="Guidance", minimum=1,
        unit="STEPS",
    )  # fmt: skip
    mask_anneal: bool = option(
        False,
        "Let --mask-strength fall linearly to 0 from --mask-start to the end of --mask-stop.",
        panel="Guidance",
    )
    architecture: str = option(
        "mlp",
        "Generator and discriminator.",
        panel="Networks",
        choices=registry.names("gan"),
        what="GAN architecture",
        unit="NAME",
    )
    generator: str | None = option(
        None,
        "Your own instead, package.module:factory: from noise (N, latent) to images in [-1, 1].",
        panel="Networks",
        names_code=True,
        unit="FACTORY",
    )
    discriminator: str | None = option(
        None,
        "Your own instead, package.module:factory: from such images to logits (N, 1).",
        panel="Networks",
        names_code=True,
        unit="FACTORY",
    )
    latent: int = option(
        100, "Size of the generator's noise.", panel="Networks", minimum=1, unit="NUMBERS"
    )
    ema_decay: float = option(
        0.0,
        "Decay of a running mean of the generator's weights, which is then the generator that is "
        "judged and used; 0: none.",
        panel="Networks",
        minimum=0,
        maximum=0.99999,
    )
    objective: str = option(
        "bce",
        "What both networks are trained for.",
        panel="Training",
        choices=registry.names("objective"),
        what="objective",
        unit="NAME",
    )
    objective_option: tuple[str, ...] = option(
        (),
        "An option of the objective, see --list, such as real_label=0.9 (label smoothing) or "
        "gradient_penalty=10; may be repeated.",
        panel="Training",
        repeated=True,
        unit="NAME=VALUE",
    )
    epochs: int = option(
        66, "Passes over the training images.", panel="Training", minimum=1, role="run"
    )
    batch_size: int = option(
        64, "Real images in an update; LogicGAN: 100.", panel="Training", minimum=2, unit="IMAGES"
    )
    n_critic: int | None = option(
        None,
        "Updates of the discriminator for one of the generator; a step takes so many batches. "
        "Default: 1, of wasserstein-gp 5.",
        panel="Training",
        minimum=1,
    )
    optimiser: str = option(
        "adam",
        "What takes the steps of both networks.",
        panel="Training",
        choices=("adam", "adamw", "sgd", "rmsprop"),
        what="optimiser",
    )
    learning_rate: float = option(
        5e-4,
        "Step size of both networks; LogicGAN: 0.0002 and 0.00002.",
        panel="Training",
        above=0,
    )
    beta1: float = option(
        0.5, "First decay of adam and adamw.", panel="Training", minimum=0, maximum=0.9999
    )
    beta2: float = option(
        0.999, "Their second decay.", panel="Training", minimum=0, maximum=0.99999
    )
    momentum: float = option(0.0, "Momentum of sgd.", panel="Training", minimum=0, maximum=0.9999)
    clip_gradient: float = option(
        0.0, "Largest norm of the generator's gradient; 0: any.", panel="Training", minimum=0
    )
    fraction: float = option(
        1.0,
        "Train on this share of the images, chosen by the seed; the judge sees all.",
        panel="Data",
        above=0,
        maximum=1,
        unit="SHARE",
    )
    features: str = option(
        "lenet",
        "Network whose features judge: lenet, our own, trained once a dataset; inception, "
        "torchvision's; or a classifier: a run, torchvision:NAME, package.module:factory.",
        panel="Judging",
        completions=("lenet", "inception"),
        names_code=True,
        unit="lenet|inception|MODEL",
    )
    fid_samples: int = option(
        2000,
        "Generated and real images behind each epoch's figures, at most; 0: none.",
        panel="Judging",
        minimum=0,
        unit="IMAGES",
    )
    grid: int = option(
        64, "Images in each epoch's sample grid.", panel="Judging", minimum=1, unit="IMAGES"
    )
    first_epoch_grids: int = option(
        3, "Sample grids inside the first epoch, evenly spaced.", panel="Judging", minimum=0
    )

    readers: ClassVar[tuple[Reader, ...]] = (
        Reader(
            "another --xai than none",
            lambda run: run.xai != "none",
            (*_OF_GUIDANCE, "mask_start", "mask_stop", "mask_every", "mask_anneal"),
        ),
        Reader(
            "an --xai that is neither none nor your own function",
            lambda run: run.xai != "none" and not can_name_code(run.xai),
            ("explained_output",),
        ),
        Reader("--xai shap, deeplift or integrated-gradients", _compares, ("references",)),
        Reader(
            "--references above 0, with --xai shap, deeplift or integrated-gradients,",
            _has_references,
            _OF_REFERENCES,
        ),
        Reader(
            "a network that is not your own",
            lambda run: None in (run.generator, run.discriminator),
            ("architecture",),
        ),
        Reader(
            "--optimiser adam or adamw",
            lambda run: run.optimiser in ("adam", "adamw"),
            ("beta1", "beta2"),
        ),
        Reader("--optimiser sgd", lambda run: run.optimiser == "sgd", ("momentum",)),
        Reader("xaitool train-classifier", lambda run: False, ("sensitive",)),
    )
