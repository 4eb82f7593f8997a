"""The loss that a classifier was trained with, and what it says of its outputs."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from xaitool import registry
from xaitool.core.losses.base import Loss
from xaitool.core.metrics.class_probabilities import class_probabilities
from xaitool.workflows.classifier import Classifier
from xaitool.workflows.damage import damage_as_error


def training_loss(classifier: Classifier) -> type[Loss] | None:
    """The loss that a classifier was trained with; None where it is not known.

    Raises:
        ArtifactError: Its checkpoint names none.
    """
    if not classifier.training:
        return None
    with damage_as_error(Path(classifier.source)):
        name = classifier.training["loss"]
    found: type[Loss] = registry.load("loss", name)
    return found


def probability_name(classifier: Classifier) -> str:
    """What makes a probability of its outputs: ``softmax``, or ``sigmoid`` of one-vs-all losses."""
    loss = training_loss(classifier)
    return "sigmoid" if loss is not None and loss.one_vs_all else "softmax"


def probabilities_of(classifier: Classifier, logits: Tensor) -> Tensor:
    """Probabilities ``(B, K)`` of a classifier's logits, in float64."""
    return class_probabilities(
        logits.double(), one_vs_all=probability_name(classifier) == "sigmoid"
    )
