"""Measures a baseline on pairs of an image and another class, judged by another network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from xaitool.core.baselines.base import Baseline
from xaitool.core.baselines.reached import predictions
from xaitool.core.memory import Rows
from xaitool.core.metrics.explanation.baseline_validity import (
    BaselineValidity,
    BaselineValidityResult,
    JudgedBaselines,
)
from xaitool.core.metrics.explanation.colour_distance import colour_distance
from xaitool.core.metrics.explanation.nearest_distance import nearest_distances
from xaitool.core.score import Score
from xaitool.data.dataset import ImageDataset
from xaitool.workflows.evaluation.baselines.class_features import RealClassFeatures
from xaitool.workflows.evaluation.baselines.pairs import ClassPairs, some_of
from xaitool.workflows.models.classifier import Classifier
from xaitool.workflows.runs.runtime import Runtime


@dataclass
class BaselineMeasurement:
    """What the measurements of several baselines share.

    Memory does not grow with the pairs, but for the features of at most `samples` baselines.

    Attributes:
        dataset: The images.
        pairs: Which of them, and the class that a baseline stands for.
        judge: Judges the baselines.
        features: Compares them with real images; None: there is no kernel distance.
        samples: Pairs behind the kernel distance, at most.
        subsets: Over which it is averaged.
        seed: The run's seed.
        rows: How many images go through a network at once.
        runtime: Where it computes.
    """

    dataset: ImageDataset
    pairs: ClassPairs
    judge: BaselineJudge
    features: RealClassFeatures | None
    samples: int
    subsets: int
    seed: int
    rows: Rows
    runtime: Runtime

    def measure(
        self, baseline: Baseline, advance: Callable[[int], None]
    ) -> tuple[BaselineValidityResult, float | None]:
        """Validity and kernel distance of a baseline.

        Args:
            baseline: The baseline.
            advance: Told how many pairs are done.
        """
        validity, features = BaselineValidity(), [torch.empty(0)]
        sampled = some_of(len(self.pairs), self.samples, self.seed, "baselines for kid")
        for rows in torch.arange(len(self.pairs)).split(self.rows.most):
            pairs = self.pairs.select(rows)
            images = images_of(self.dataset, pairs, self.runtime)
            references = self._validate(baseline, images, pairs, validity)
            if self.features is not None and sampled[rows].any():
                # One for each pair, but not always the first: several pairs may share them.
                one = references[torch.arange(len(rows)), rows % references.shape[1]]
                features.append(self.features.network.features(one[sampled[rows]]))
            advance(len(rows))
        if self.features is None:
            return validity.compute(), None
        classes = self.pairs.targets[sampled].to(self.runtime.device)
        distance = self.features.distance(torch.cat(features[1:]), classes, self.subsets)
        return validity.compute(), distance

    def _validate(
        self, baseline: Baseline, images: Tensor, pairs: ClassPairs, validity: BaselineValidity
    ) -> Tensor:
        targets = pairs.targets.to(images.device)

        def judged(most: int) -> Tensor:
            references = references_of(baseline, images, pairs, most)
            judged = self.judge.judge(images, references, targets, most)
            validity.update(judged)
            return references

        return self.rows.run(judged)


def images_of(dataset: ImageDataset, pairs: ClassPairs, runtime: Runtime) -> Tensor:
    """The image of each pair, ``(P, C, H, W)`` on the device; each is read once."""
    places, which = pairs.images.unique(return_inverse=True)
    return runtime.place(dataset.images(places))[which.to(runtime.device)]


def references_of(baseline: Baseline, images: Tensor, pairs: ClassPairs, rows: int) -> Tensor:
    """Baselines ``(P, R, C, H, W)`` of the images of some pairs, for their targets."""
    labels, targets = pairs.labels.to(images.device), pairs.targets.to(images.device)
    return baseline.for_images(images, Score(labels, targets), rows=rows)


class BaselineJudge:
    """Judges baselines of a classifier.

    Args:
        classifier: What is explained.
        others: Classifiers of the same classes and images that may disagree with it.
        real: The training images, with the classes of the classifier.
    """

    def __init__(
        self, classifier: Classifier, others: Sequence[Classifier], real: ImageDataset
    ) -> None:
        self.classifier = classifier
        self.others = tuple(others)
        self.real = real

    def judge(
        self, images: Tensor, references: Tensor, targets: Tensor, rows: int
    ) -> JudgedBaselines:
        """Judge the baselines of a batch, each different one only once.

        Args:
            images: ``(N, C, H, W)`` in [0, 1].
            references: ``(N, R, C, H, W)``.
            targets: The class that each image's baselines stand for, int64 ``(N,)``.
            rows: Largest number of images in one forward pass.

        Returns:
            Facts of all N * R, image by image.
        """
        count, shape = references.shape[1], images.shape[1:]
        flat = references.reshape(len(images) * count, -1)
        distinct, which = flat.unique(dim=0, return_inverse=True)
        distinct = distinct.view(-1, *shape)
        wanted = targets.repeat_interleave(count)
        models = [one.model for one in (self.classifier, *self.others)]
        predicted = [
            predictions(model, distinct[:, None], rows=rows).squeeze(1) for model in models
        ]
        hits = torch.stack([one[which] == wanted for one in predicted])
        nearest = torch.cat([self._nearest(part) for part in distinct.split(rows)])[which]
        apart = (references - images[:, None]).flatten(2).flatten(0, 1).double()
        return JudgedBaselines(
            hits=hits[0],
            agreements=hits[1:],
            l1=apart.abs().mean(1),
            l2=apart.square().sum(1).sqrt(),
            nearest=nearest.amin(1),
            nearest_target=nearest.gather(1, wanted[:, None]).squeeze(1),
            colour=colour_distance(
                references.flatten(0, 1), images.repeat_interleave(count, dim=0)
            ),
        )

    def _nearest(self, images: Tensor) -> Tensor:
        return nearest_distances(images, self.real, len(self.real.classes))
