"""A classifier that is measured, and the images on which it is measured."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

from xaitool.data.dataset import ImageDataset
from xaitool.errors import ConfigError, DataError
from xaitool.workflows.class_names import few_names
from xaitool.workflows.classifier import Classifier
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.explained_images import dataset_for
from xaitool.workflows.model_source import load_classifier
from xaitool.workflows.progress import Reporter
from xaitool.workflows.runtime import Runtime, with_smaller_batches


def load_measured(
    path: Path, config: EvaluateConfig, runtime: Runtime
) -> tuple[Classifier, ImageDataset]:
    """The classifier, and the dataset that the options name, else that of its training.

    Args:
        path: A checkpoint, a run, or any other model that ``explain --model`` takes.
        config: The options; ``limit`` is left to the caller, see `measured_samples`.
        runtime: Where it computes.

    Raises:
        ModelError: The model cannot be loaded.
        ConfigError: There is no dataset.
        DataError: The dataset is absent or damaged, or has other classes than the model.
    """
    classifier = load_classifier(str(path), config.weights, runtime, options=config)
    return classifier, measured_dataset(classifier, config, runtime)


def measured_dataset(
    classifier: Classifier, config: EvaluateConfig, runtime: Runtime
) -> ImageDataset:
    """The dataset that the options name, else that of a classifier's training.

    Raises:
        ConfigError: There is no dataset.
        DataError: It is absent or damaged, or has other classes than the model.
    """
    name = config.dataset or classifier.dataset
    if name is None:
        raise ConfigError(
            f"model {classifier.source} does not know its data, but --dataset NAME is wanted "
            "with it"
        )
    dataset = dataset_for(name, config.split, classifier, config)
    check_classes(dataset, classifier, runtime)
    return dataset


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


def measured_samples(dataset: ImageDataset, config: EvaluateConfig) -> Tensor:
    """Indices of the first ``--limit`` samples, or of all; int64."""
    return torch.arange(len(dataset))[: config.limit]


def spread_samples(dataset: ImageDataset, config: EvaluateConfig, count: int) -> Tensor:
    """Indices of the first ``--limit`` samples, or of at most `count`, evenly spaced; int64."""
    step = 1 if config.limit else max(1, -(-len(dataset) // count))
    return measured_samples(dataset, config)[::step]


def measured_rows(dataset: ImageDataset, config: EvaluateConfig, runtime: Runtime) -> int:
    """How many of its images go through a network at once."""
    return runtime.rows(math.prod(dataset.shape), config.batch_size)


def measured_logits(
    classifier: Classifier,
    dataset: ImageDataset,
    config: EvaluateConfig,
    runtime: Runtime,
    reporter: Reporter,
) -> Iterator[tuple[Tensor, Tensor]]:
    """Logits ``(B, K)`` and labels int64 ``(B,)`` of the measured images, on the CPU, in parts.

    Raises:
        ModelError: The model returns no finite logits.
    """
    samples = measured_samples(dataset, config)
    rows = measured_rows(dataset, config, runtime)
    with reporter.task("evaluate", len(samples), "image") as task:
        for indices in samples.split(rows):
            images = runtime.place(dataset.images(indices))
            logits, rows = with_smaller_batches(
                lambda most, images=images: classifier.logits(images, most),  # type: ignore[misc]
                rows,
                lambda most: reporter.warning(f"out of memory: going on with {most} rows"),
            )
            # They were looked at for NaN, so that the device is not waited for once more.
            yield logits.cpu(), dataset.labels[indices].cpu()
            task.advance(len(indices))
