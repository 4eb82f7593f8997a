"""Options of ``train-gan``."""

from __future__ import annotations

from dataclasses import dataclass

from xaitool import registry
from xaitool.options import option
from xaitool.workflows.configs.common import TrainingOptions


@dataclass(frozen=True, kw_only=True)
class TrainGanConfig(TrainingOptions):
    """Train a GAN whose generator is guided by an explanation of its discriminator."""

    xai: str = option(
        "shap",
        "What masks the generator's gradient: "
        + "; ".join(f"{name}: {entry.summary}" for name, entry in registry.GUIDANCE.items())
        + ".",
        panel="Guidance",
        choices=registry.names("guidance"),
        what="guidance",
        unit="NAME",
    )
    references: int = option(
        1,
        "Real images, drawn anew every step, against which shap explains each generated one.",
        panel="Guidance",
        minimum=1,
        unit="IMAGES",
    )
    explained_output: str = option(
        "probability",
        "Which output of the discriminator is explained.",
        panel="Guidance",
        choices=("probability", "logit"),
        what="output",
        unit="OUTPUT",
    )
    architecture: str = option(
        "mlp",
        "Generator and discriminator.",
        panel="Training",
        choices=registry.names("gan"),
        what="GAN architecture",
        unit="NAME",
    )
    latent: int = option(
        100, "Size of the generator's noise.", panel="Training", minimum=1, unit="NUMBERS"
    )
    epochs: int = option(
        66, "Passes over the training images.", panel="Training", minimum=1, role="run"
    )
    batch_size: int = option(
        64, "Real images in a step; LogicGAN: 100.", panel="Training", minimum=2, unit="IMAGES"
    )
    learning_rate: float = option(
        5e-4,
        "Adam's step size, of both networks; LogicGAN: 0.0002 and 0.00002.",
        panel="Training",
        above=0,
    )
    beta1: float = option(0.5, "Adam's first decay.", panel="Training", minimum=0, maximum=0.9999)
    beta2: float = option(
        0.999, "Adam's second decay.", panel="Training", minimum=0, maximum=0.99999
    )
    fid_samples: int = option(
        2000,
        "Generated and real images behind each epoch's FID and KID, at most; 0: none.",
        panel="Judging",
        minimum=0,
        unit="IMAGES",
    )
    grid: int = option(
        64, "Images in each epoch's sample grid.", panel="Judging", minimum=1, unit="IMAGES"
    )
