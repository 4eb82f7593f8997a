"""The dataset that goes with a model or a training."""

from __future__ import annotations

from typing import Any

from xaitool.data.class_names import few_names
from xaitool.data.dataset import ImageDataset
from xaitool.data.files.file_pixels import OnError
from xaitool.data.load import load_dataset
from xaitool.data.memory import MemoryDataset
from xaitool.errors import DataError
from xaitool.workflows.configs.common import RunOptions, TrainingOptions
from xaitool.workflows.models.classifier import Classifier
from xaitool.workflows.runs.runtime import Runtime


def load_training_data(config: TrainingOptions, runtime: Runtime) -> ImageDataset:
    """The training split that the options name, on the device when it lives in memory."""
    dataset = load_dataset(
        config.dataset,
        "train",
        data_dir=config.data_dir,
        label=config.label,
        sensitive=config.sensitive,
        classes=config.classes,
        image_size=config.image_size,
        workers=config.workers,
    )
    return dataset.to(runtime.device) if isinstance(dataset, MemoryDataset) else dataset


def dataset_for(
    name: str,
    split: str,
    classifier: Classifier,
    options: RunOptions,
    on_error: OnError = "stop",
) -> ImageDataset:
    """A dataset loaded in the shape and with the classes that a classifier was trained on.

    Args:
        name: The dataset.
        split: ``train`` or ``test``.
        classifier: The classifier.
        options: Where datasets lie, and how many threads read them.
        on_error: What a picture file does that cannot be read.

    Raises:
        UnknownNameError: There is no such dataset.
        DataError: It is absent or damaged.
    """
    return load_dataset(
        name,
        "train" if split == "train" else "test",
        data_dir=options.data_dir,
        **classifier_attributes(name, classifier),
        classes=classifier.dataset_classes if name == classifier.dataset else None,
        image_size=classifier.input.crop,
        channels=classifier.input.channels,
        workers=options.workers,
        on_error=on_error,
    )


def classifier_attributes(name: str, classifier: Classifier) -> dict[str, Any]:
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
