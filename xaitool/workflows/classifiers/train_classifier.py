"""``train-classifier``: options in, run directory out."""

from __future__ import annotations

import copy
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR

from xaitool.core.frozen.users_model import UsersClassifier, bare
from xaitool.core.metrics.classification.accuracy import Accuracy
from xaitool.core.training.augmentation import epoch_draws
from xaitool.core.training.classifier_step import classifier_step
from xaitool.core.training.group_losses import GroupDro
from xaitool.core.training.optimiser import build_optimiser, restore_optimiser
from xaitool.data.class_selection import one_class
from xaitool.data.dataset import ImageDataset
from xaitool.data.groups import TrainingGroups
from xaitool.data.load import stratified_split
from xaitool.data.sensitive import require_sensitive
from xaitool.errors import ConfigError, DataError
from xaitool.workflows.classifiers.counterfactual_augmentation import (
    CounterfactualAugmentation,
    check_counterfactual,
)
from xaitool.workflows.classifiers.recipe import ClassifierRecipe
from xaitool.workflows.classifiers.start import check_start, start_of
from xaitool.workflows.configs.train_classifier import TrainClassifierConfig
from xaitool.workflows.models.checkpoint import KIND, describe
from xaitool.workflows.models.datasets import load_training_data
from xaitool.workflows.runs.choice import Choice
from xaitool.workflows.runs.context import Context
from xaitool.workflows.runs.curves import Chart
from xaitool.workflows.runs.directory import RunDirectory
from xaitool.workflows.runs.place import open_run
from xaitool.workflows.runs.progress import Reporter, SilentReporter
from xaitool.workflows.runs.runtime import Runtime
from xaitool.workflows.runs.training import TrainingResult, TrainingRun


def train_classifier(
    config: TrainClassifierConfig, reporter: Reporter | None = None
) -> TrainingResult | dict[str, Any]:
    """Train an image classifier.

    A share of the training images is held out, stratified by class; the epoch with the highest
    accuracy on it becomes ``best.pt``, with ``--augment cia`` or ``--debias`` the highest accuracy
    in its worst group (see `ClassifierRecipe.chosen_by`); those of a warm-up count no more
    once it is over. With ``--validation 0`` it is the last epoch. The test split is never read.

    Args:
        config: The options.
        reporter: Told how it goes; silent by default.

    Returns:
        The result, or the plan where ``config.dry_run`` is set.

    Raises:
        InputError: An option, the data or the run to resume does not fit.
        DivergenceError: The loss became NaN or infinite.
        StoppedBySignal: A signal came; the state was saved.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> import xaitool
        >>> folder = tempfile.TemporaryDirectory()
        >>> out = Path(folder.name)
        >>> config = xaitool.TrainClassifierConfig(dataset="digits", epochs=3, out=out / "run")
        >>> result = xaitool.train_classifier(config)
        >>> result.state, result.metrics["epoch"]
        ('completed', 3)
        >>> result.metrics["validation_accuracy"] > 0.5
        True
        >>> folder.cleanup()
    """
    reporter = reporter or SilentReporter()
    recipe = ClassifierRecipe(config)
    runtime = Runtime.from_options(config)
    architecture = config.architecture.partition("(")[0].replace(":", ".")
    place = open_run(config, "train-classifier", f"{architecture}-{config.loss}", runtime)
    place.check_code(config, KIND)
    check_start(config)
    if recipe.counterfactual:
        check_counterfactual(config)
    dataset = load_training_data(config, runtime)
    if len(dataset.classes) < 2:
        raise one_class(dataset.name, "a classifier wants two or more", config.classes)
    train, held_out = stratified_split(dataset.labels, config.validation, config.seed)
    if not len(train) or (config.validation and not len(held_out)):
        raise DataError(
            f"--validation {config.validation} of {len(dataset)} images leaves one part empty",
            hint="--validation 0 holds none out",
        )
    trainer = ClassifierTrainer(
        Context(config, runtime, reporter), recipe, dataset, train, held_out
    )
    return TrainingRun(
        config,
        place,
        kind=KIND,
        epochs=config.epochs,
        batch_size=config.batch_size,
        samples=len(train),
        choice=_choice(config, recipe),
        trainer=trainer,
        reporter=reporter,
    ).start()


def _choice(config: TrainClassifierConfig, recipe: ClassifierRecipe) -> Choice | None:
    """How the best epoch is chosen; None: it is the last one, where no images are held out."""
    if config.validation == 0:
        return None
    return Choice(recipe.chosen_by, "higher", anew_after=recipe.warm_up)


class ClassifierTrainer:
    """A classifier, its optimiser and its data.

    Attributes:
        epoch: Epochs finished.
    """

    charts: ClassVar[dict[str, Chart]] = {
        "loss": Chart("Training loss", "loss, mean over images", {"loss": "training"}),
        "accuracy": Chart(
            "Accuracy",
            "accuracy (share of images)",
            {
                "accuracy": "training",
                "adversarial_accuracy": "training, attacked",
                "validation_accuracy": "validation",
                "validation_worst_class_accuracy": "validation, worst class",
                "validation_worst_group_accuracy": "validation, worst group",
            },
        ),
    }

    def __init__(
        self,
        context: Context[TrainClassifierConfig],
        recipe: ClassifierRecipe,
        dataset: ImageDataset,
        train: Tensor,
        held_out: Tensor,
    ) -> None:
        config = context.config
        self.config = config
        self.recipe = recipe
        self.planned_by = recipe.planned_by
        self.runtime = context.runtime
        self.dataset = dataset
        self.train, self.held_out = train, held_out
        self.reporter = context.reporter
        self.labels = dataset.labels.to(context.runtime.device)
        self.groups = _groups(config, dataset)
        self.counterfactuals = (
            CounterfactualAugmentation(config, dataset, train, context.runtime)
            if recipe.counterfactual
            else None
        )
        self.losses = [context.runtime.place(loss) for loss in self._losses()]
        torch.manual_seed(config.seed)
        start = start_of(config, dataset, train)
        self.model: nn.Module = context.runtime.place(start.model)
        if not isinstance(start.model, UsersClassifier):  # a user's own may want its own layout
            self.model = self.model.to(memory_format=torch.channels_last)
        self.description = describe(
            start.construction,
            dataset,
            augmented=self.counterfactuals is not None,
            cvae_sha256=self.counterfactuals.cvae_sha256 if self.counterfactuals else None,
        )
        self.epoch = 0
        self._draws = -1, torch.empty(0)
        self.model.train()
        self._begin_phase()
        self._check_last_batch()

    def prepare(self) -> None:
        """Say once what works but may not be meant."""
        if text := self.recipe.small_batch(len(self.dataset.classes)):
            self.reporter.warning(text)
        counts = torch.bincount(
            self.dataset.labels[self.train], minlength=len(self.dataset.classes)
        )
        for name, count in zip(self.dataset.classes, counts.tolist(), strict=True):
            if count == 0:
                self.reporter.warning(f"class {name} has no training image and is not learned")
        if self.groups and self.recipe.fights_bias and len(self.held_out):
            for name in self.groups.absent(self.held_out):
                self.reporter.warning(f"group '{name}' has no held-out image and is not judged")

    def step(self, indices: Tensor, random: torch.Generator) -> dict[str, Tensor]:
        """One optimisation step."""
        samples = self.train[indices]
        images, labels, groups = self._batch(samples)
        adversarial = None
        if self.recipe.adversarial:
            adversarial = self.recipe.adversarial(self.model, images, labels, random)
        values = classifier_step(
            self.model,
            self.loss,
            self.optimiser,
            images,
            labels,
            adversarial,
            groups,
            len(samples),
        )
        self.schedule.step()
        return values

    def finish_epoch(self, epoch: int, directory: RunDirectory) -> dict[str, Any]:
        """Accuracy on the held-out images; after the warm-up the optimiser begins anew."""
        metrics = (self._judged() if len(self.held_out) else {}) | self._group_weights()
        self.epoch = epoch
        if epoch == self.recipe.warm_up:
            self._begin_phase()
        return metrics

    def state_dict(self) -> dict[str, Any]:
        """What training changes."""
        state = {
            "epoch": self.epoch,
            "model": bare(self.model).state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "schedule": self.schedule.state_dict(),
        }
        if self.recipe.grouped:
            state["loss"] = self.loss.state_dict()
        return state

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore it."""
        self.epoch = state["epoch"]
        self._begin_phase()
        bare(self.model).load_state_dict(state["model"])
        restore_optimiser(self.optimiser, state["optimiser"])
        self.schedule.load_state_dict(state["schedule"])
        if self.recipe.grouped:
            self.loss.load_state_dict(state["loss"])

    def _losses(self) -> list[nn.Module]:
        """The loss of the warm-up, and the one after it."""
        losses = self.recipe.losses(self.dataset.labels[self.train], self.dataset.classes)
        if not self.recipe.grouped or self.groups is None:
            return list(losses)
        if self.counterfactuals:
            counts = self.counterfactuals.group_counts(self.groups, self.train)
        else:
            counts = self.groups.count(self.groups.of_images[self.train])
        return [self.recipe.debiased(loss, counts, self.groups.names) for loss in losses]

    def _batch(self, samples: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        """Images, labels and, where they count, groups of a step.

        Interpolations are made from the images as they are, which is what a CVAE knows, and then
        varied as their image is, so that nothing but the attributes moves between them.
        """
        images, labels = self._images(samples), self._labels(samples)
        grouped = self.groups if self.recipe.grouped else None
        groups = grouped.of_images[samples] if grouped else None
        if not self.counterfactuals:
            return self._varied(images, samples), labels, groups
        batch = self.counterfactuals(images, labels, samples, self.epoch)
        if grouped:
            groups = self.counterfactuals.groups(batch, samples, self.epoch, grouped)
        return self._varied(batch.images, samples[batch.sources]), batch.labels, groups

    def _judged(self) -> dict[str, Any]:
        """How the held-out images are classified."""
        accuracy, right = Accuracy(), []
        self.model.eval()
        with torch.no_grad():
            for samples in self.held_out.split(256):
                logits, labels = self.model(self._images(samples)), self._labels(samples)
                accuracy.update(logits, labels)
                right.append(logits.argmax(1) == labels)
        self.model.train()
        result = accuracy.compute()
        metrics = {
            "validation_accuracy": result.value,
            "validation_worst_class_accuracy": min(
                value for value in result.per_class if value is not None
            ),
        }
        if self.groups:
            worst = self.groups.worst_accuracy(self.held_out, torch.cat(right).cpu())
            metrics["validation_worst_group_accuracy"] = worst
        return metrics

    def _group_weights(self) -> dict[str, Any]:
        """The weights that group-dro has given to the groups, by their names."""
        if not isinstance(self.loss, GroupDro) or self.groups is None:
            return {}
        weights = self.loss.weights.tolist()
        return {"group_weights": dict(zip(self.groups.names, weights, strict=True))}

    def _check_last_batch(self) -> None:
        """Statistics of a batch need more than one value, which some networks leave of an image."""
        size = self.config.batch_size
        if (len(self.train) - 1) % size:
            return
        try:
            copy.deepcopy(self.model)(self._images(self.train[:1]))
        except ValueError as error:
            raise ConfigError(
                f"--batch-size {size} leaves 1 of {len(self.train)} images for the last step, "
                f"but batch normalisation in {self.config.architecture} wants 2",
                hint=f"--batch-size {size + 1}",
            ) from error

    def _begin_phase(self) -> None:
        """The loss, a new optimiser and a new schedule, of the warm-up or of what follows it."""
        config = self.config
        warming_up = self.epoch < self.recipe.warm_up
        self.loss = self.losses[0 if warming_up else 1]
        self.optimiser = build_optimiser(
            config.optimiser,
            self.model,
            learning_rate=config.learning_rate,
            momentum=config.momentum,
            weight_decay=config.weight_decay,
        )
        steps_per_epoch = -(-len(self.train) // config.batch_size)
        factor = self.recipe.rate_factor(steps_per_epoch, warming_up=warming_up)
        self.schedule = LambdaLR(self.optimiser, factor)

    def _varied(self, images: Tensor, samples: Tensor) -> Tensor:
        if not self.recipe.augmentation:
            return images
        if self._draws[0] != self.epoch:
            draws = epoch_draws(self.config.seed, self.epoch, len(self.dataset))
            self._draws = self.epoch, draws
        return self.recipe.augmentation(images, self._draws[1][samples])

    def _images(self, samples: Tensor) -> Tensor:
        return self.runtime.place(self.dataset.images(samples))

    def _labels(self, samples: Tensor) -> Tensor:
        return self.labels[samples.to(self.labels.device)]


def _groups(config: TrainClassifierConfig, dataset: ImageDataset) -> TrainingGroups | None:
    """The groups that are judged and may be weighed; None where nothing is sensitive."""
    if config.debias != "none":
        require_sensitive(dataset, f"--debias {config.debias}")
    return TrainingGroups(dataset) if dataset.sensitive else None
