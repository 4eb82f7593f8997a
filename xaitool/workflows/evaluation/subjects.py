"""What is measured, ready for it: a classifier, a CVAE or a generator, and the images."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from xaitool.core.memory import Rows
from xaitool.data.dataset import ImageDataset
from xaitool.data.load import load_dataset
from xaitool.data.sensitive import require_sensitive
from xaitool.errors import ConfigError, ModelError
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.counterfactuals.cvae import LoadedCvae, check_cvae, load_cvae
from xaitool.workflows.counterfactuals.generator import (
    Counterfactual,
    load_counterfactual,
    recorded_classifier,
)
from xaitool.workflows.models import recorded
from xaitool.workflows.models.classifier import Classifier
from xaitool.workflows.models.datasets import check_classes, dataset_for
from xaitool.workflows.models.input import shape_text
from xaitool.workflows.models.source import load_classifier
from xaitool.workflows.runs.context import Context
from xaitool.workflows.runs.runtime import Runtime


def load_classifier_and_data(
    path: Path, config: EvaluateConfig, runtime: Runtime
) -> tuple[Classifier, ImageDataset]:
    """The classifier, and the dataset that the options name, else that of its training.

    Args:
        path: A checkpoint, a run, or any other model that ``explain --model`` takes.
        config: The options; ``limit`` is left to the caller, see `first_samples`.
        runtime: Where it computes.

    Raises:
        ModelError: The model cannot be loaded.
        ConfigError: There is no dataset.
        DataError: The dataset is absent or damaged, or has other classes than the model.
    """
    classifier = load_classifier(str(path), config.weights, runtime, options=config)
    return classifier, dataset_of(classifier, config, runtime)


def dataset_of(classifier: Classifier, config: EvaluateConfig, runtime: Runtime) -> ImageDataset:
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


def first_samples(dataset: ImageDataset, config: EvaluateConfig) -> Tensor:
    """Indices of the first ``--limit`` samples, or of all; int64."""
    return torch.arange(len(dataset))[: config.limit]


def spread_samples(dataset: ImageDataset, config: EvaluateConfig, count: int) -> Tensor:
    """Indices of the first ``--limit`` samples, or of at most `count`, evenly spaced; int64."""
    step = 1 if config.limit else max(1, -(-len(dataset) // count))
    return first_samples(dataset, config)[::step]


def rows_for(dataset: ImageDataset, context: Context[EvaluateConfig]) -> Rows:
    """How many of its images go through a network at once."""
    return context.rows(math.prod(dataset.shape), context.config.batch_size)


def logits_and_labels(
    classifier: Classifier,
    dataset: ImageDataset,
    context: Context[EvaluateConfig],
) -> Iterator[tuple[Tensor, Tensor]]:
    """Logits ``(B, K)`` and labels int64 ``(B,)`` of the measured images, on the CPU, in parts.

    Raises:
        ModelError: The model returns no finite logits.
    """
    samples = first_samples(dataset, context.config)
    rows = rows_for(dataset, context)
    with context.reporter.task("evaluate", len(samples), "image") as task:
        for indices in samples.split(rows.most):
            images = context.runtime.place(dataset.images(indices))
            logits = rows.run(partial(classifier.logits, images))
            # They were looked at for NaN, so that the device is not waited for once more.
            yield logits.cpu(), dataset.labels[indices].cpu()
            task.advance(len(indices))


def load_cvae_and_data(
    path: Path, config: EvaluateConfig, runtime: Runtime
) -> tuple[LoadedCvae, ImageDataset]:
    """The autoencoder, and the dataset that the options name, else that of its training.

    Args:
        path: Its checkpoint or run.
        config: The options.
        runtime: Where it computes.

    Raises:
        ArtifactError: It cannot be loaded.
        DataError: The dataset is absent or damaged, or has no sensitive attribute.
        ModelError: The autoencoder was trained for other images, labels or attributes.
    """
    found = load_cvae(path, runtime)
    name = config.dataset or found.dataset
    own = found.config if name == found.dataset else {}
    channels, side, _ = found.shape
    dataset = load_dataset(
        name,
        "train" if config.split == "train" else "test",
        data_dir=config.data_dir,
        label=own.get("label"),
        sensitive=own.get("sensitive"),
        classes=own.get("classes"),
        image_size=side,
        channels=channels,
        workers=config.workers,
    )
    require_sensitive(dataset, f"CVAE {found.path}")
    check_cvae(
        found,
        shape=dataset.shape,
        classes=dataset.classes,
        sensitive=dataset.sensitive_names,
    )
    return found, dataset


def load_beside(
    source: str, like: Classifier | LoadedCvae, dataset: ImageDataset, runtime: Runtime, what: str
) -> Classifier:
    """Another classifier of the same images, and beside a classifier of the same classes.

    Args:
        source: As ``--model`` of ``explain``.
        like: What is measured.
        dataset: The images.
        runtime: Where it computes.
        what: How messages call it.

    Raises:
        ModelError: It cannot be loaded, takes other images, or is the measured classifier itself.
        DataError: It has other classes.
    """
    beside = load_classifier(source, None, runtime)
    if beside.input.shape != dataset.shape:
        user = "the CVAE makes" if isinstance(like, LoadedCvae) else f"{like.source} takes"
        raise ModelError(
            f"{what} {source} takes images {shape_text(beside.input.shape)}, but {user} "
            f"{shape_text(dataset.shape)}"
        )
    if isinstance(like, Classifier):
        if beside.sha256 == like.sha256:
            raise ModelError(f"{what} {source} is the classifier itself, but another one is wanted")
        check_classes(dataset, beside, runtime)
    return beside


def classifier_of_generator(path: Path, config: EvaluateConfig, runtime: Runtime) -> Classifier:
    """The model that the options name, else the one that the checkpoint names, with its data.

    Args:
        path: The generator's checkpoint or run.
        config: The options.
        runtime: Where it computes.

    Returns:
        The classifier; its dataset and classes are those that the generator was trained on.

    Raises:
        ArtifactError: The checkpoint cannot be loaded.
        ModelError: It names no model, or one that has changed or cannot be loaded without running
            its code.
    """
    found = load_counterfactual(path, runtime)
    classifier = _classifier(found, config, runtime)
    classes = found.config.get("classes")
    if classes is None and found.dataset == classifier.dataset:
        classes = classifier.dataset_classes
    return replace(classifier, dataset=found.dataset, dataset_classes=classes)


def _classifier(found: Counterfactual, config: EvaluateConfig, runtime: Runtime) -> Classifier:
    if config.model not in (None, found.classifier):
        return load_classifier(config.model, config.weights, runtime, options=config)
    if found.classifier is None:
        raise ModelError(
            f"generator {found.path} was trained without a classifier, but one is wanted that "
            "says which class an image is of",
            hint="--model MODEL",
        )
    return recorded.load(recorded_classifier(found), config, runtime)
