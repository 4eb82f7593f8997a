"""What the options of ``train-classifier`` mean: losses, schedule, augmentation, attack, groups."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from xaitool import registry
from xaitool.core.losses.base import Loss
from xaitool.core.losses.class_weights import parse_class_weights
from xaitool.core.losses.cross_entropy import CrossEntropy
from xaitool.core.training.adversarial_copies import AdversarialCopies
from xaitool.core.training.augmentation import Augmentation
from xaitool.core.training.group_losses import GroupDro, Reweighted
from xaitool.core.training.schedule import rate_factor
from xaitool.errors import ConfigError, DataError
from xaitool.workflows.configs.train_classifier import TrainClassifierConfig


class ClassifierRecipe:
    """How a classifier is trained.

    Args:
        config: The options.

    Raises:
        ConfigError: Options contradict one another, or an option of the loss does not fit.

    Attributes:
        warm_up: First epochs, which train with cross-entropy.
        augmentation: What is done to the training images.
        adversarial: Makes adversarial copies of a batch, or None.
        counterfactual: Whether counterfactual interpolations are added.
        grouped: Whether groups of images count otherwise than by their numbers.
    """

    def __init__(self, config: TrainClassifierConfig) -> None:
        self._config = config
        self._loss: type[Loss] = registry.load("loss", config.loss)
        self._loss_options = self._loss.Options.from_assignments(
            config.loss_option, source=f"loss '{config.loss}'"
        ).to_dict()
        self.warm_up = self._warm_up()
        self.augmentation = _augmentation(config)
        self.adversarial = _adversarial(config)
        self.counterfactual = _counterfactual(config)
        self.grouped = config.debias != "none"
        self._check_debiasing()
        if config.schedule == "steps" and not config.milestones:
            raise ConfigError(
                "--schedule is steps, but --milestones says at no epoch when",
                hint="--milestones 50,75",
            )

    def losses(self, labels: Tensor, classes: Sequence[str]) -> tuple[Loss, Loss]:
        """The loss of the warm-up, and the one after it.

        Args:
            labels: Of the training images, int64 ``(n,)``.
            classes: Class names.

        Raises:
            ConfigError: Class weights are not one a class, or the loss wants more classes.
            DataError: A class has no training image, so that it has no weight.
        """
        if len(classes) < self._loss.fewest_classes:
            raise ConfigError(
                f"--loss {self._config.loss} wants at least {self._loss.fewest_classes} classes, "
                f"but the dataset has {len(classes)}"
            )
        counts = torch.bincount(labels, minlength=len(classes))
        weights = parse_class_weights(self._config.class_weights, counts, classes)
        return (
            CrossEntropy(class_weights=weights),
            self._loss(class_weights=weights, **self._loss_options),
        )

    def debiased(self, loss: Loss, counts: Tensor, names: Sequence[str]) -> nn.Module:
        """The same loss with groups that count as ``--debias`` says.

        Args:
            loss: One of `losses`.
            counts: How many training images each group has, int64 ``(G,)``.
            names: Of the groups.

        Returns:
            ``loss(logits, labels, groups) -> scalar``, see `GroupLoss`.

        Raises:
            DataError: A group has no training image.
        """
        if (counts == 0).any():
            name = names[int((counts == 0).nonzero()[0])]
            raise DataError(
                f"group '{name}' has no training image, but --debias {self._config.debias} wants "
                "at least 1",
                hint="--sensitive and --classes choose other groups",
            )
        if self._config.debias == "reweight":
            return Reweighted(loss, counts)
        return GroupDro(loss, len(counts), self._config.group_step)

    @property
    def fights_bias(self) -> bool:
        """Whether the sensitive attributes shall not help to classify."""
        return self.counterfactual or self.grouped

    @property
    def chosen_by(self) -> str:
        """The metric of the held-out images by which ``best.pt`` is chosen.

        The worst group's accuracy where the run fights a bias: the held-out images have the bias of
        the training images, so that the accuracy over all of them prefers what is biased.
        """
        return "validation_worst_group_accuracy" if self.fights_bias else "validation_accuracy"

    @property
    def planned_by(self) -> str | None:
        """The option whose meaning depends on the number of all epochs; None: none does."""
        if self._config.schedule == "cosine":
            return "--schedule cosine"
        if self._loss.warm_up and self._config.warm_up is None:
            return "--warm-up (by default half of the epochs)"
        return None

    def rate_factor(self, steps_per_epoch: int, *, warming_up: bool) -> Callable[[int], float]:
        """The schedule of the warm-up or of what follows it; see `schedule.rate_factor`."""
        config = self._config
        epochs = self.warm_up if warming_up else config.epochs - self.warm_up
        return rate_factor(
            config.schedule,
            epochs * steps_per_epoch,
            milestones=[epoch * steps_per_epoch for epoch in config.milestones or ()],
            factor=config.factor,
        )

    def small_batch(self, classes: int) -> str | None:
        """What is worth saying of a loss that compares classes, for batches with few of them."""
        if not self._loss.compares_classes or self._config.batch_size >= classes:
            return None
        return (
            f"--batch-size {self._config.batch_size} is less than the {classes} classes that "
            f"--loss {self._config.loss} compares: classes that a batch lacks are left out of it"
        )

    def _check_debiasing(self) -> None:
        config = self._config
        if config.debias == "reweight" and not self._loss.weighted:
            raise ConfigError(
                f"--debias is reweight, but --loss {config.loss} takes no weights",
                hint="cross-entropy and logistic take some; --debias group-dro wants none",
            )
        if config.debias == "group-dro" and self._loss.compares_classes:
            raise ConfigError(
                "--debias is group-dro, which takes the loss of one group, and so of one class, at "
                f"a time, but --loss {config.loss} compares classes",
                hint="--loss logistic",
            )

    def _warm_up(self) -> int:
        given, epochs = self._config.warm_up, self._config.epochs
        if given is None:
            return epochs // 2 if self._loss.warm_up else 0
        if given >= epochs:
            raise ConfigError(
                f"--warm-up is {given} epochs, but less than the {epochs} of --epochs is wanted"
            )
        return given


def _augmentation(config: TrainClassifierConfig) -> Augmentation:
    chosen = config.augment or ("none",)
    if "none" in chosen and len(chosen) > 1:
        raise ConfigError(f"--augment is {','.join(chosen)}, but none is wanted alone")
    return Augmentation(
        rotation=config.rotation if "rotate" in chosen else 0.0,
        flip="flip" in chosen,
        crop_padding=config.crop_padding if "crop" in chosen else 0,
    )


def _counterfactual(config: TrainClassifierConfig) -> bool:
    chosen = "cia" in (config.augment or ())
    if chosen and config.cvae is None:
        raise ConfigError(
            "--augment is cia, but no --cvae says what an image's counterfactual is",
            hint="train one: "
            "xaitool train-baseline-gan --generator-kind cvae --dataset biased-mnist",
        )
    return chosen


def _adversarial(config: TrainClassifierConfig) -> AdversarialCopies | None:
    if config.adversarial == "none":
        return None
    given = config.adversarial_epsilon
    if given is None:
        raise ConfigError(
            f"--adversarial {config.adversarial} has no budget, "
            "but --adversarial-epsilon LOW,HIGH is wanted",
            hint="the PC paper's is 0.1,0.3 for grey images and 0,0.1 for colour ones",
        )
    lowest, highest = given[0], given[-1]
    if len(given) > 2 or lowest > highest or highest == 0:
        raise ConfigError(
            f"--adversarial-epsilon is {','.join(map(str, given))}, but one value or LOW,HIGH "
            "with HIGH above 0 is wanted"
        )
    attack = registry.load("attack", config.adversarial)
    return AdversarialCopies(attack, lowest, highest, steps=config.adversarial_steps)
