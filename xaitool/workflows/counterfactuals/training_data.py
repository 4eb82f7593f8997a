"""What baselines are made for and of: the classifier, the images to train on and to judge by."""

from __future__ import annotations

from collections.abc import Sequence
from shlex import quote
from typing import Any

import torch
from torch import Tensor

from xaitool.data.class_selection import one_class
from xaitool.data.dataset import ImageDataset
from xaitool.data.files.images import Framing
from xaitool.data.load import check_dataset, stratified_split
from xaitool.data.memory import MemoryDataset
from xaitool.errors import ConfigError, DataError, ModelError
from xaitool.workflows.configs.train_baseline_gan import TrainBaselineGanConfig
from xaitool.workflows.models.classifier import Classifier, ClassifierFacts, KnownClassifier
from xaitool.workflows.models.datasets import check_classes, classifier_attributes, loaded
from xaitool.workflows.models.probe import probe
from xaitool.workflows.models.source import known_facts, load_classifier
from xaitool.workflows.runs.context import Context
from xaitool.workflows.runs.progress import Reporter
from xaitool.workflows.runs.runtime import Runtime


def known_teacher(config: TrainBaselineGanConfig) -> ClassifierFacts | None:
    """What is known of the classifier before its weights are there, see `known_facts`.

    Raises:
        ConfigError: A generator that is trained against a classifier has none.
        UnknownNameError: There is no such dataset.
        InputError: The classifier cannot be loaded, or the dataset's folder is not there.
    """
    if config.dataset is not None:
        check_dataset(config.dataset)
    if config.classifier is not None:
        return known_facts(config.classifier, config.weights, options=config)
    if config.generator_kind != "standalone":
        dataset = config.dataset or "digits"
        raise ConfigError(
            f"--generator-kind {config.generator_kind} has no --classifier, but it is trained "
            "against one",
            hint=f"xaitool train-classifier --dataset {quote(dataset)} --out classifier",
        )
    return None


def load_teacher(config: TrainBaselineGanConfig, runtime: Runtime) -> Classifier | None:
    """The classifier that the options name, frozen; None where they name none.

    Raises:
        ModelError: It cannot be loaded.
    """
    if config.classifier is None:
        return None
    classifier = load_classifier(config.classifier, config.weights, runtime, options=config)
    classifier.model.requires_grad_(False)
    return classifier


def load_targeted_data(
    context: Context[TrainBaselineGanConfig],
    classifier: KnownClassifier | None,
) -> ImageDataset:
    """The training split, in the shape that the classifier takes, on the device where it can be.

    Args:
        context: The options; without a dataset it is the classifier's own, else ``digits``.
        classifier: What is known of it.

    Raises:
        ConfigError: ``--image-size`` is not the classifier's.
        DataError: The dataset is absent or damaged, or has fewer than two classes or one without
            images.
    """
    config = context.config
    name = config.dataset or (classifier and classifier.dataset) or "digits"
    is_classifiers = classifier is not None and name == classifier.dataset
    dataset = loaded(
        name,
        "train",
        config,
        **_attributes(config, name, classifier),
        classes=config.classes
        or (classifier.dataset_classes if classifier and is_classifiers else None),
        image_size=_image_size(config, classifier),
        channels=None if classifier is None else classifier.input.channels,
    )
    _check_every_class(dataset, config.classes)
    return dataset.to(context.runtime.device) if isinstance(dataset, MemoryDataset) else dataset


def _attributes(
    config: TrainBaselineGanConfig, name: str, classifier: KnownClassifier | None
) -> dict[str, Any]:
    """What is told of the dataset's attributes: the options, else as the classifier was told."""
    given = {"label": config.label, "sensitive": config.sensitive}
    of_classifier = {} if classifier is None else classifier_attributes(name, classifier)
    return of_classifier | {key: value for key, value in given.items() if value is not None}


def _image_size(
    config: TrainBaselineGanConfig, classifier: KnownClassifier | None
) -> int | Framing | None:
    if classifier is None:
        return config.image_size
    if config.image_size not in (None, classifier.input.crop):
        raise ConfigError(
            f"--image-size is {config.image_size}, but {classifier.source} takes images of "
            f"{classifier.input.crop} pixels"
        )
    return classifier.input.framing


def _check_every_class(dataset: ImageDataset, classes: Sequence[str] | None) -> None:
    if len(dataset.classes) < 2:
        raise one_class(dataset.name, "baselines of another class want two", classes)
    counts = torch.bincount(dataset.labels, minlength=len(dataset.classes)).tolist()
    for name, count in zip(dataset.classes, counts, strict=True):
        if count < 2:
            raise DataError(
                f"class {name} of dataset {dataset.name} has {count or 'no'} "
                f"image{'s' * (count != 1)}, but two are wanted: to train, and to judge"
            )


def check_fit(
    dataset: ImageDataset, classifier: Classifier, runtime: Runtime, reporter: Reporter
) -> None:
    """Try a classifier on the images that a generator is trained on for it.

    Raises:
        DataError: The images are of other classes.
        ModelError: The classifier does not take them, or gives no gradient.
    """
    trial = probe(classifier, dataset.shape, runtime)
    check_classes(dataset, classifier, runtime)
    _check_gradient(dataset, classifier, runtime)
    for warning in trial.warnings:
        reporter.warning(warning)


def _check_gradient(dataset: ImageDataset, classifier: Classifier, runtime: Runtime) -> None:
    """Without a gradient the class term would silently do nothing."""
    image = runtime.place(dataset.images([0])).requires_grad_()
    logits = classifier.model(image)
    if not logits.requires_grad:
        raise ModelError(
            f"classifier {classifier.source} gives its logits no gradient, but the generator "
            "learns from it"
        )


def judged_split(
    dataset: ImageDataset, groups: Tensor, config: TrainBaselineGanConfig
) -> tuple[Tensor, Tensor]:
    """Indices of the images that are trained on, and of about ``--judged`` others.

    Args:
        dataset: The images.
        groups: int64 ``(N,)``; each group gives its share, and keeps at least one for training.
        config: The options.

    Raises:
        ConfigError: There are not so many images.
    """
    if config.judged >= len(dataset):
        raise ConfigError(
            f"--judged is {config.judged}, but fewer than the {len(dataset)} training images of "
            f"{dataset.name} are wanted"
        )
    return stratified_split(groups, config.judged / len(dataset), config.seed)
