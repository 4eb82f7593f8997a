"""What is measured, ready for it: a classifier and the images."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from xaitool.core.memory import Rows
from xaitool.data.dataset import ImageDataset
from xaitool.errors import ConfigError, ModelError
from xaitool.registry import Metric
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.models.classifier import Classifier, KnownClassifier
from xaitool.workflows.models.datasets import check_classes, dataset_for
from xaitool.workflows.models.input import shape_text
from xaitool.workflows.models.source import known_facts, load_classifier
from xaitool.workflows.runs.context import Context
from xaitool.workflows.runs.runtime import Runtime


@dataclass(frozen=True)
class Subject:
    """An artifact, and what is measured of it.

    Attributes:
        path: The artifact.
        kind: A key of `METRICS_OF`.
        metrics: By name.
        classes: Names of the classes, as far as a checkpoint says them; else empty.
    """

    path: Path
    kind: str
    metrics: dict[str, Metric]
    classes: tuple[str, ...] = ()

    def plan(self) -> dict[str, Any]:
        """What would be measured, as plain values."""
        return {"source": str(self.path), "kind": self.kind, "metrics": list(self.metrics)}


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
    facts = known_facts(str(path), config.weights, options=config)
    early = None if facts is None else _dataset(facts, config)
    classifier = load_classifier(str(path), config.weights, runtime, options=config)
    if early is None:
        return classifier, dataset_of(classifier, config, runtime)
    check_classes(early, classifier, runtime)
    return classifier, early


def dataset_of(classifier: Classifier, config: EvaluateConfig, runtime: Runtime) -> ImageDataset:
    """The dataset that the options name, else that of a classifier's training.

    Raises:
        ConfigError: There is no dataset.
        DataError: It is absent or damaged, or has other classes than the model.
    """
    dataset = _dataset(classifier, config)
    check_classes(dataset, classifier, runtime)
    return dataset


def _dataset(classifier: KnownClassifier, config: EvaluateConfig) -> ImageDataset:
    name = config.dataset or classifier.dataset
    if name is None:
        raise no_data(classifier.source)
    return dataset_for(name, config.split, classifier, config)


def no_data(source: str) -> ConfigError:
    """What is said of a model of which nobody knows the data."""
    return ConfigError(
        f"model {source} does not know its data, but --dataset NAME is wanted with it"
    )


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


def load_beside(
    source: str,
    like: Classifier | None,
    dataset: ImageDataset,
    context: Context[EvaluateConfig],
    what: str,
) -> Classifier:
    """Another classifier of the same images, and beside a classifier of the same classes.

    Args:
        source: As ``--model`` of ``explain``.
        like: The classifier that is measured; None: a CVAE is.
        dataset: The images.
        context: Where it computes, and the factory of a user's own network.
        what: How messages call it.

    Raises:
        ModelError: It cannot be loaded, takes other images, or is the measured classifier itself.
        DataError: It has other classes.
    """
    # Nothing else of the options is about this one.
    own = EvaluateConfig(architecture=context.config.architecture)
    beside = load_classifier(source, None, context.runtime, options=own)
    if beside.input.shape != dataset.shape:
        user = "the CVAE makes" if like is None else f"{like.source} takes"
        raise ModelError(
            f"{what} {source} takes images {shape_text(beside.input.shape)}, but {user} "
            f"{shape_text(dataset.shape)}"
        )
    if like is not None:
        if beside.sha256 == like.sha256:
            raise ModelError(f"{what} {source} is the classifier itself, but another one is wanted")
        check_classes(dataset, beside, context.runtime)
    return beside
