"""Options of ``train-classifier``."""

from __future__ import annotations

from dataclasses import dataclass

from xaitool import registry
from xaitool.options import option
from xaitool.workflows.configs.common import TrainingOptions


@dataclass(frozen=True, kw_only=True)
class TrainClassifierConfig(TrainingOptions):
    """Train an image classifier."""

    architecture: str = option(
        "lenet5",
        f"One of {', '.join(registry.names('architecture'))}, "
        "or any torchvision classification model.",
        panel="Training",
        completions=registry.names("architecture"),
        unit="NAME",
    )
    loss: str = option(
        "cross-entropy",
        "What is minimised.",
        panel="Training",
        choices=registry.names("loss"),
        what="loss",
        unit="NAME",
    )
    epochs: int = option(10, "Passes over the training images.", panel="Training", minimum=1)
    batch_size: int = option(64, "Images in a step.", panel="Training", minimum=1, unit="IMAGES")
    learning_rate: float = option(1e-3, "Adam's largest step size.", panel="Training", above=0)
    weight_decay: float = option(
        0.0, "Decoupled weight decay (AdamW).", panel="Training", minimum=0
    )
    schedule: str = option(
        "cosine",
        "How the learning rate falls over the run.",
        panel="Training",
        choices=("cosine", "constant"),
        what="schedule",
        unit="NAME",
    )
    validation: float = option(
        0.1,
        "Share of the training images held out to choose the best checkpoint.",
        panel="Data",
        above=0,
        maximum=0.9,
        unit="SHARE",
    )
