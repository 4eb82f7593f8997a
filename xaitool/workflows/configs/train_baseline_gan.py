"""Options of ``train-baseline-gan``."""

from __future__ import annotations

from dataclasses import dataclass

from xaitool.options import option
from xaitool.workflows.configs.common import TrainingOptions


@dataclass(frozen=True, kw_only=True)
class TrainBaselineGanConfig(TrainingOptions):
    """Train a generator whose images serve as counterfactual baselines of a classifier."""

    classifier: str | None = option(
        None,
        "The classifier to be explained: a xaitool checkpoint or run, or torchvision:NAME.",
        panel="Model",
        unit="MODEL",
    )
    generator: str = option(
        "ganmex",
        "ganmex: trained against the classifier; standalone: the ablation without it; "
        "cvae: interpolates a sensitive attribute.",
        panel="Training",
        choices=("ganmex", "standalone", "cvae"),
        what="generator",
        unit="NAME",
    )
    epochs: int = option(20, "Passes over the training images.", panel="Training", minimum=1)
    batch_size: int = option(16, "Images in a step.", panel="Training", minimum=1, unit="IMAGES")
    learning_rate: float = option(1e-4, "Adam's step size.", panel="Training", above=0)
