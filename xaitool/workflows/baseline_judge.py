"""Judges baselines: by the explained classifier, by other ones, and by real images."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from xaitool.core.baselines.reached import predictions
from xaitool.core.metrics.baseline_validity import JudgedBaselines
from xaitool.core.metrics.colour_distance import colour_distance
from xaitool.core.metrics.nearest_distance import nearest_distances
from xaitool.data.dataset import ImageDataset
from xaitool.errors import ModelError
from xaitool.workflows.classifier import Classifier
from xaitool.workflows.measured_classifier import check_classes
from xaitool.workflows.model_source import load_classifier
from xaitool.workflows.runtime import Runtime


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


def load_judge(
    source: str, classifier: Classifier, dataset: ImageDataset, runtime: Runtime
) -> Classifier:
    """Another classifier of the same images and classes.

    Args:
        source: As ``--model`` of ``explain``.
        classifier: What is explained.
        dataset: The images.
        runtime: Where it computes.

    Raises:
        ModelError: It cannot be loaded, takes other images, or is the classifier itself.
        DataError: It has other classes.
    """
    judge = load_classifier(source, None, runtime)
    if (judge.channels, judge.crop) != (classifier.channels, classifier.crop):
        raise ModelError(
            f"judge {source} takes images {judge.channels}x{judge.crop}x{judge.crop}, but "
            f"{classifier.source} takes {classifier.channels}x{classifier.crop}x{classifier.crop}"
        )
    if judge.sha256 == classifier.sha256:
        raise ModelError(
            f"judge {source} is the classifier itself, but one that was trained apart is wanted"
        )
    check_classes(dataset, judge, runtime)
    return judge
