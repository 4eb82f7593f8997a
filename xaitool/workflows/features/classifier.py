"""Features and logits of any classifier, for images of any size and colour."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as transforms

from xaitool.core.models.classifiers.penultimate import penultimate
from xaitool.workflows.models.classifier import Classifier
from xaitool.workflows.runs.progress import Reporter
from xaitool.workflows.runs.runtime import Runtime


@dataclass(frozen=True)
class ClassifierFeatures:
    """A classifier as a source of features, see `ImageFeatures`.

    Attributes:
        classifier: Its features are what its last linear layer receives.
        name: What it is, for people.
        runtime: Where it computes.
        accuracy: None: nobody has measured it on these images.
    """

    classifier: Classifier
    name: str
    runtime: Runtime
    accuracy: float | None = None

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of its classes; empty where unknown."""
        return self.classifier.classes

    @property
    def sha256(self) -> str:
        """Of its weights, and of what it sees of an image."""
        seen = self.classifier.input
        facts = (seen.channels, seen.resize, seen.crop, seen.interpolation, seen.mean)
        text = f"{self.classifier.sha256} {facts} {seen.standard_deviation}"
        return hashlib.sha256(text.encode()).hexdigest()

    def check(self, reporter: Reporter) -> None:
        """Try it on one image.

        Raises:
            ModelError: It returns no logits, or has no linear layer.
            ConfigError: Its classes are not as many as their names.
        """
        classifier = self.classifier
        classifier.class_count(classifier.input.shape, self.runtime)
        self.features(
            torch.rand(1, *classifier.input.shape, generator=torch.Generator().manual_seed(0))
        )
        for warning in classifier.warnings:
            reporter.warning(warning)

    def features(self, images: Tensor) -> Tensor:
        """Features ``(N, D)`` of images ``(N, C, H, W)`` in [0, 1]."""
        return self.both(images)[0]

    def logits(self, images: Tensor) -> Tensor | None:
        """Logits ``(N, K)`` of the same; None where the names of its classes are unknown."""
        return self.both(images)[1]

    def both(self, images: Tensor) -> tuple[Tensor, Tensor | None]:
        """Features and logits by one forward pass."""
        classifier = self.classifier
        model = _Remembering(classifier.model)
        features, logits = [], []
        for part in images.split(self.runtime.rows(math.prod(classifier.input.shape), None)):
            features.append(penultimate(model, self.runtime.place(self._as_seen(part))))
            logits.append(model.returned.detach())
        return torch.cat(features), torch.cat(logits) if classifier.classes else None

    def _as_seen(self, images: Tensor) -> Tensor:
        """Colours, shorter side and central square as the classifier wants them."""
        wanted = self.classifier.input
        if images.shape[1] != wanted.channels:
            grey = wanted.channels == 1
            images = transforms.rgb_to_grayscale(images) if grey else images.repeat(1, 3, 1, 1)
        mode = InterpolationMode(wanted.interpolation)
        if min(images.shape[2:]) != wanted.resize:
            images = transforms.resize(images, [wanted.resize], mode, antialias=True).clamp(0, 1)
        cut: Tensor = transforms.center_crop(images, [wanted.crop])
        return cut


class _Remembering(nn.Module):
    """A model, and what it returned last: a hook would be left on the user's own."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model
        self.returned = torch.empty(0)

    def forward(self, images: Tensor) -> Tensor:
        self.returned = self.model(images)
        return self.returned
