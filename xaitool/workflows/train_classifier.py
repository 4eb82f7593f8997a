"""``train-classifier``: options in, run directory out."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR

from xaitool import registry
from xaitool.core.metrics.accuracy import Accuracy
from xaitool.core.models.build import build_classifier
from xaitool.core.training.classifier_step import classifier_step
from xaitool.data.dataset import ImageDataset
from xaitool.data.load import stratified_split
from xaitool.errors import DataError
from xaitool.workflows.configs.train_classifier import TrainClassifierConfig
from xaitool.workflows.progress import Reporter, SilentReporter
from xaitool.workflows.run_directory import RunDirectory
from xaitool.workflows.run_place import open_run
from xaitool.workflows.runtime import Runtime
from xaitool.workflows.training_data import channel_statistics, load_training_data
from xaitool.workflows.training_run import Choice, TrainingResult, TrainingRun


def train_classifier(
    config: TrainClassifierConfig, reporter: Reporter | None = None
) -> TrainingResult | dict[str, Any]:
    """Train an image classifier.

    A share of the training images is held out, stratified by class; the epoch with the highest
    accuracy on it becomes ``best.pt``. The test split is never read.

    Args:
        config: The options.
        reporter: Told how it goes; silent by default.

    Returns:
        The result, or the plan where ``config.dry_run`` is set.

    Raises:
        InputError: An option, the data or the run to resume does not fit.
        DivergenceError: The loss became NaN or infinite.
        StoppedBySignal: A signal came; the state was saved.
    """
    reporter = reporter or SilentReporter()
    runtime = Runtime.from_options(config)
    place = open_run(config, "train-classifier", f"{config.architecture}-{config.loss}", runtime)
    dataset = load_training_data(config, runtime)
    if len(dataset.classes) < 2:
        raise DataError(f"dataset {dataset.name} has one class, but a classifier wants two or more")
    train, held_out = stratified_split(dataset.labels, config.validation, config.seed)
    if min(len(train), len(held_out)) == 0:
        raise DataError(
            f"--validation {config.validation} of {len(dataset)} images leaves one part empty"
        )
    trainer = ClassifierTrainer(config, runtime, dataset, train, held_out)
    return TrainingRun(
        config,
        place,
        kind="classifier",
        epochs=config.epochs,
        batch_size=config.batch_size,
        samples=len(train),
        choice=Choice("validation_accuracy", "higher"),
        trainer=trainer,
        reporter=reporter,
    ).start()


class ClassifierTrainer:
    """A classifier, its optimiser and its data."""

    charts: ClassVar[dict[str, tuple[str, ...]]] = {
        "loss": ("loss",),
        "accuracy": ("accuracy", "validation_accuracy"),
    }

    def __init__(
        self,
        config: TrainClassifierConfig,
        runtime: Runtime,
        dataset: ImageDataset,
        train: Tensor,
        held_out: Tensor,
    ) -> None:
        self.runtime = runtime
        self.dataset = dataset
        self.train, self.held_out = train, held_out
        self.labels = dataset.labels.to(runtime.device)
        mean, standard_deviation = channel_statistics(dataset, train)
        self.description = {
            "architecture": config.architecture,
            "shape": list(dataset.shape),
            "classes": list(dataset.classes),
            "mean": mean,
            "standard_deviation": standard_deviation,
            "dataset_digest": dataset.digest,
        }
        torch.manual_seed(config.seed)
        model = build_classifier(
            config.architecture,
            shape=dataset.shape,
            classes=len(dataset.classes),
            mean=mean,
            standard_deviation=standard_deviation,
        )
        self.model: nn.Module = runtime.place(model)
        self.loss: nn.Module = registry.load("loss", config.loss)()
        self.optimiser = torch.optim.AdamW(
            self.model.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
        )
        steps = config.epochs * -(-len(train) // config.batch_size)
        self.schedule = LambdaLR(self.optimiser, _schedule(config.schedule, steps))
        self.batch_size = config.batch_size

    def prepare(self) -> None:
        """Nothing is left to make ready."""

    def step(self, indices: Tensor, random: torch.Generator) -> dict[str, Tensor]:
        """One optimisation step."""
        samples = self.train[indices]
        self.model.train()
        values = classifier_step(
            self.model, self.loss, self.optimiser, self._images(samples), self._labels(samples)
        )
        self.schedule.step()
        return values

    def finish_epoch(self, epoch: int, directory: RunDirectory) -> dict[str, Any]:
        """Accuracy on the held-out images."""
        accuracy = Accuracy()
        self.model.eval()
        with torch.no_grad():
            for samples in self.held_out.split(256):
                accuracy.update(self.model(self._images(samples)), self._labels(samples))
        return {"validation_accuracy": accuracy.compute().value}

    def state_dict(self) -> dict[str, Any]:
        """What training changes."""
        return {
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "schedule": self.schedule.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore it."""
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.schedule.load_state_dict(state["schedule"])

    def _images(self, samples: Tensor) -> Tensor:
        return self.runtime.place(self.dataset.images(samples))

    def _labels(self, samples: Tensor) -> Tensor:
        return self.labels[samples.to(self.labels.device)]


def _schedule(name: str, steps: int) -> Callable[[int], float]:
    if name == "constant":
        return lambda step: 1.0
    # The last step still has a rate above zero, so that none is wasted.
    return lambda step: 0.5 * (1 + math.cos(math.pi * step / (steps + 1)))
