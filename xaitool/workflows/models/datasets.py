"""The dataset that goes with a model or a training."""

from __future__ import annotations

import warnings
from typing import Any

from xaitool.data.class_names import few_names
from xaitool.data.dataset import ImageDataset
from xaitool.data.load import load_dataset
from xaitool.data.loader import Loaded, Split
from xaitool.data.memory import MemoryDataset
from xaitool.errors import DataError, DataWarning
from xaitool.workflows.configs.common import TrainingOptions, TrainingRunOptions
from xaitool.workflows.configs.explanation import ExplanationOptions
from xaitool.workflows.models.classifier import Classifier, KnownClassifier
from xaitool.workflows.runs.runtime import Runtime


def loaded(
    name: str,
    split: Split,
    options: TrainingRunOptions | ExplanationOptions,
    *,
    told: bool = True,
    **choice: Any,
) -> Loaded:
    """A split of a dataset, read as the options say.

    Args:
        name: The dataset.
        split: The split.
        options: Where datasets lie, how they are read, and what an unreadable picture does.
        told: Whether each image that is skipped is a `DataWarning`.
        **choice: What else `load_dataset` takes.

    Raises:
        InputError: As of `load_dataset`.
    """
    dataset = load_dataset(
        name,
        split,
        data_dir=options.data_dir,
        workers=options.workers,
        on_error="skip" if options.on_error == "skip" else "stop",
        **choice,
    )
    for file in dataset.skipped if told else ():
        warnings.warn(f"skipped: {file} in {dataset.name}", DataWarning, stacklevel=2)
    return dataset


def data_record(dataset: ImageDataset) -> dict[str, Any]:
    """What a checkpoint says of its training images: which they are, and how many were skipped."""
    skipped = {"skipped": len(dataset.skipped)} if dataset.skipped else {}
    return {"dataset_digest": dataset.digest, **skipped}


def load_training_data(config: TrainingOptions, runtime: Runtime) -> ImageDataset:
    """The training split that the options name, on the device when it lives in memory."""
    dataset = loaded(
        config.dataset,
        "train",
        config,
        label=config.label,
        sensitive=config.sensitive,
        classes=config.classes,
        image_size=config.image_size,
    )
    return dataset.to(runtime.device) if isinstance(dataset, MemoryDataset) else dataset


def dataset_for(
    name: str,
    split: str,
    classifier: KnownClassifier,
    options: ExplanationOptions,
    *,
    told: bool = True,
) -> ImageDataset:
    """A dataset loaded as a classifier sees images, and with the classes of its training.

    Args:
        name: The dataset.
        split: ``train`` or ``test``.
        classifier: The classifier.
        options: Where datasets lie, how they are read, and what an unreadable picture does.
        told: As of `loaded`.

    Raises:
        UnknownNameError: There is no such dataset.
        DataError: It is absent or damaged.
    """
    return loaded(
        name,
        "train" if split == "train" else "test",
        options,
        told=told,
        **classifier_attributes(name, classifier),
        classes=classifier.dataset_classes if name == classifier.dataset else None,
        image_size=classifier.input.framing,
        channels=classifier.input.channels,
    )


def classifier_attributes(name: str, classifier: KnownClassifier) -> dict[str, Any]:
    """What `load_dataset` is told of a dataset's attributes, as in the classifier's training.

    Nothing for another dataset than that of its training, which has other attributes.
    """
    training = classifier.training if classifier.training.get("dataset") == name else {}
    return {key: training.get(key) for key in ("label", "sensitive")}


def check_classes(dataset: ImageDataset, classifier: Classifier, runtime: Runtime) -> None:
    """Refuse a dataset whose classes are not the classifier's.

    Names are compared where the classifier has some, numbers of classes otherwise.

    Raises:
        DataError: They differ.
    """
    if classifier.classes and dataset.classes != classifier.classes:
        raise DataError(
            f"dataset {dataset.name} has the classes {few_names(dataset.classes)}, but "
            f"{classifier.source} was trained on {few_names(classifier.classes)}"
        )
    count = classifier.class_count(dataset.shape, runtime)
    if count != len(dataset.classes):
        raise DataError(
            f"dataset {dataset.name} has {len(dataset.classes)} classes, but "
            f"{classifier.source} tells {count} apart"
        )
