"""Measures a baseline on pairs of an image and another class, a batch at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from xaitool.core.baselines.base import Baseline
from xaitool.core.metrics.baseline_validity import BaselineValidity, BaselineValidityResult
from xaitool.core.score import Score
from xaitool.data.dataset import ImageDataset
from xaitool.workflows.baseline_judge import BaselineJudge
from xaitool.workflows.class_features import RealClassFeatures
from xaitool.workflows.class_pairs import ClassPairs, some_of
from xaitool.workflows.runtime import Runtime, with_smaller_batches


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
        rows: Largest number of images in one forward pass; shrinks when memory is short.
        runtime: Where it computes.
        on_smaller: Told the new `rows` then.
    """

    dataset: ImageDataset
    pairs: ClassPairs
    judge: BaselineJudge
    features: RealClassFeatures | None
    samples: int
    subsets: int
    seed: int
    rows: int
    runtime: Runtime
    on_smaller: Callable[[int], None]

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
        for rows in torch.arange(len(self.pairs)).split(self.rows):
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
            found = self.judge.judge(images, references, targets, most)
            validity.update(found)
            return references

        references, self.rows = with_smaller_batches(judged, self.rows, self.on_smaller)
        return references


def images_of(dataset: ImageDataset, pairs: ClassPairs, runtime: Runtime) -> Tensor:
    """The image of each pair, ``(P, C, H, W)`` on the device; each is read once."""
    places, which = pairs.images.unique(return_inverse=True)
    return runtime.place(dataset.images(places))[which.to(runtime.device)]


def references_of(baseline: Baseline, images: Tensor, pairs: ClassPairs, rows: int) -> Tensor:
    """Baselines ``(P, R, C, H, W)`` of the images of some pairs, for their targets."""
    baseline.rows = rows
    labels, targets = pairs.labels.to(images.device), pairs.targets.to(images.device)
    return baseline.for_images(images, Score(labels, targets))
