"""A loaded classifier: what it is made of, and logits and losses that were checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from xaitool import registry
from xaitool.core.frozen.users_model import UsersClassifier
from xaitool.core.losses.base import Loss
from xaitool.core.metrics.classification.class_probabilities import class_probabilities
from xaitool.data.names import normal_form
from xaitool.errors import ConfigError, ModelError, XaitoolError, is_out_of_memory
from xaitool.io.damage import damage_as_error, reason
from xaitool.workflows.models.input import ModelInput
from xaitool.workflows.runs.runtime import Runtime


@dataclass(frozen=True)
class ClassifierFacts:
    """What is known of a classifier before its weights are there, by the names of a `Classifier`.

    Attributes:
        source: As ``--model`` names it.
        input: What it sees of an image.
        classes: Their names; empty where unknown.
    """

    source: str
    input: ModelInput
    classes: tuple[str, ...]
    dataset: None = None
    dataset_classes: None = None
    training: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Classifier:
    """A loaded classifier and what is known about it.

    Attributes:
        model: From images ``(N, C, H, W)`` in [0, 1] to logits ``(N, K)``; in eval mode. Nobody
            but `logits` checks what a factory's model returns.
        source: As ``--model`` names it.
        weights: As ``--weights`` names it, or None.
        sha256: Of the file the weights came from; of the weights where there is no file.
        input: What it sees of an image.
        classes: Their names; empty where unknown.
        dataset: The training data, where it is known.
        dataset_classes: Those of its classes with which it was loaded; None: all.
        training: The options of its training, as plain JSON values; empty where unknown.
        options: The options that changed what it sees of an image, as plain JSON values.
        warnings: What people should know of how it was loaded.
    """

    model: nn.Module
    source: str
    weights: str | None
    sha256: str
    input: ModelInput
    classes: tuple[str, ...]
    dataset: str | None = None
    dataset_classes: list[str] | None = None
    training: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        # As datasets have them; a checkpoint or a file of names may be of another system.
        object.__setattr__(self, "classes", tuple(map(normal_form, self.classes)))

    @torch.no_grad()
    def logits(self, images: Tensor, rows: int) -> Tensor:
        """Logits ``(N, K)`` of images ``(N, C, H, W)``, at most `rows` of them in a forward pass.

        Raises:
            ModelError: The model returns something else, or NaN or infinity.
        """
        return torch.cat([self._checked(part, self.model(part)) for part in images.split(rows)])

    def class_count(self, shape: tuple[int, ...], runtime: Runtime) -> int:
        """How many classes the model tells apart; tries it on one image of `shape`.

        Raises:
            ModelError: The model does not take such an image, or does not return logits.
            ConfigError: Its classes are not as many as their names.
        """
        # Not blank: a model that standardises each image would divide by zero.
        ramp = torch.linspace(0, 1, torch.Size(shape).numel()).view(1, *shape)
        return self.checked_count(self.tried(runtime.place(ramp)))

    def tried(self, images: Tensor) -> Tensor:
        """Logits of a few images ``(N, C, H, W)`` that the model may not take.

        Raises:
            ModelError: It fails, with what it raised as the cause; or it does not return logits,
                but a sigmoid of one.
        """
        try:
            logits = self.logits(images, len(images))
            self._check_single(images, logits)
            return logits
        except XaitoolError:
            raise
        except Exception as error:
            if is_out_of_memory(error):
                raise
            raise ModelError(
                f"model {self.source} fails on an image {tuple(images.shape[1:])} "
                f"({reason(error)}), but logits are wanted"
            ) from error

    def checked_count(self, logits: Tensor) -> int:
        """The classes of logits ``(N, K)``, K.

        Raises:
            ConfigError: The names are not as many.
        """
        count = logits.shape[1]
        if self.classes and len(self.classes) != count:
            raise ConfigError(
                f"--classes-file has {len(self.classes)} names, but model {self.source} has "
                f"{count} classes"
            )
        return count

    def _check_single(self, images: Tensor, logits: Tensor) -> None:
        """Refuse a single probability: it says which class it is by 0.5, where a logit does by 0.

        Raises:
            ModelError: The model returns one.
        """
        if isinstance(self.model, UsersClassifier) and self.model.is_sigmoid(images, logits):
            raise ModelError(
                f"model {self.source} ends in a sigmoid, so it returns a probability, but a logit "
                "is wanted",
                hint="remove its sigmoid",
            )

    def _checked(self, images: Tensor, logits: Any) -> Tensor:
        found = tuple(logits.shape) if isinstance(logits, Tensor) else type(logits).__name__
        if not isinstance(logits, Tensor) or logits.ndim != 2 or len(logits) != len(images):
            raise ModelError(
                f"model {self.source} returns {found} for {len(images)} images, "
                "but logits (images, classes) are wanted"
            )
        if not logits.isfinite().all():
            raise ModelError(
                f"model {self.source} returns NaN or infinity, but finite logits are wanted"
            )
        return logits


KnownClassifier = Classifier | ClassifierFacts
"""What is enough to open the images of a classifier."""


def fast(model: nn.Module) -> nn.Module:
    """A model in eval mode, with convolutions in the layout they are fastest in."""
    return model.eval().to(memory_format=torch.channels_last)


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
