"""Both sides of what the mean probabilities of a trained classifier fulfil."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from xaitool.core.losses.class_weights import parse_class_weights
from xaitool.core.metrics.classification.prediction_balance import BalanceResult, PredictionBalance
from xaitool.data.dataset import ImageDataset
from xaitool.data.splits import stratified_split
from xaitool.errors import DataError
from xaitool.io.damage import damage_as_error
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.subjects import (
    first_samples,
    load_classifier_and_data,
    logits_and_labels,
)
from xaitool.workflows.models.classifier import (
    Classifier,
    probabilities_of,
    probability_name,
    training_loss,
)
from xaitool.workflows.models.datasets import dataset_for
from xaitool.workflows.runs.context import Context

Row = dict[str, Any]


@dataclass(frozen=True)
class TrainingSide:
    """What the equations take from the training.

    Attributes:
        counts: N of each class among the images that were trained on, ``(K,)``; None where the
            training is not known.
        weights: λ of each class, ``(K,)``; None: all 1.
    """

    counts: Tensor | None = None
    weights: Tensor | None = None


def measure_balance(
    path: Path,
    metrics: tuple[str, ...],
    context: Context[EvaluateConfig],
) -> Iterator[Row]:
    """A row for each class of a classifier: the LGL-INR paper's equations 9 and 10.

    Mean probabilities are of the measured images, N and λ of the training. Only at the optimum of
    a loss without weight decay, and on the images that were trained on, are the sides equal; how
    far they are from it on others says how far training and those images are from one another.

    Args:
        path: The classifier.
        metrics: ``prediction-balance``.
        context: The options, where it computes, and whom it tells.

    Yields:
        ``label``, the class k; ``left``, ``λ_k N_k (1 - p_kk)``, and ``right``, the sum over the
        other classes of ``λ_j N_j p_jk``: equation 9; ``value``, left over right, 1 in balance,
        None where right is 0; ``n``, the measured images of the class; ``p``, the mean
        probability of the class for its own images; ``ratio``, ``(1 - p_00) / p_10``, and
        ``wanted_ratio``, ``λ_1 N_1 / (λ_0 N_0)``: equation 10, on the first of two classes, else
        None; ``loss``, None where unknown; ``probability``, ``softmax`` or ``sigmoid``.

    Raises:
        InputError: The classifier or the dataset does not fit, or a class has no image.
    """
    config = context.config
    classifier, dataset = load_classifier_and_data(path, config, context.runtime)
    _check_every_class(dataset, first_samples(dataset, config))
    for warning in _warnings(classifier):
        context.reporter.warning(warning)
    training = _training_side(classifier, config)
    balance = PredictionBalance()
    for logits, labels in logits_and_labels(classifier, dataset, context):
        balance.update(probabilities_of(classifier, logits), labels)
    result = balance.compute(training.weights, training.counts)
    common = {
        "loss": classifier.training.get("loss"),
        "probability": probability_name(classifier),
    }
    for index, label in enumerate(dataset.classes):
        yield _row(result, index, str(path)) | {"label": label} | common


def _row(result: BalanceResult, index: int, source: str) -> Row:
    left, right = float(result.left[index]), float(result.right[index])
    first = index == 0
    return {
        "metric": "prediction-balance",
        "value": left / right if right else None,
        "n": int(result.counts[index]),
        "source": source,
        "left": left,
        "right": right,
        "p": float(result.means[index, index]),
        "ratio": result.ratio if first else None,
        "wanted_ratio": result.wanted_ratio if first else None,
    }


def _check_every_class(dataset: ImageDataset, samples: Tensor) -> None:
    counts = torch.bincount(dataset.labels[samples], minlength=len(dataset.classes))
    if (counts == 0).any():
        name = dataset.classes[int((counts == 0).nonzero()[0])]
        raise DataError(
            f"class '{name}' has no image among the {len(samples)} of dataset {dataset.name}, "
            "but prediction-balance wants at least 1 of every class",
            hint="a larger --limit" if len(samples) < len(dataset) else None,
        )


def _warnings(classifier: Classifier) -> Iterator[str]:
    loss, training = training_loss(classifier), classifier.training
    if loss is None:
        yield (
            f"the training of {classifier.source} is not known: its loss is taken for "
            "cross-entropy without class weights, and N is of the measured images"
        )
    elif not loss.balances:
        yield f"loss '{training['loss']}' promises no prediction balance: the sides may differ"
    if training.get("adversarial", "none") != "none":
        yield (
            f"{classifier.source} was trained on adversarial images, too: it promises balance on "
            "these and the clean ones together"
        )


def _training_side(classifier: Classifier, config: EvaluateConfig) -> TrainingSide:
    """N and λ as the training had them, from its dataset."""
    training = classifier.training
    if not training:
        return TrainingSide()
    with damage_as_error(Path(classifier.source)):
        name, validation, seed = training["dataset"], training["validation"], training["seed"]
        # Before there were class weights, all were 1.
        weights = training.get("class_weights", "none")
    dataset = dataset_for(name, "train", classifier, config)
    trained, _ = stratified_split(dataset.labels, validation, seed)
    counts = torch.bincount(dataset.labels[trained].cpu(), minlength=len(classifier.classes))
    return TrainingSide(counts, parse_class_weights(weights, counts, classifier.classes))
