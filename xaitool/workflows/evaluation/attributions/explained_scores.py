"""Images of a dataset and what is explained of each, fixed before anything is changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor

from xaitool.core.score import Score
from xaitool.core.seeding import random_stream
from xaitool.data.dataset import ImageDataset
from xaitool.errors import ConfigError
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.subjects import rows_for
from xaitool.workflows.explanations.class_choice import ClassChoice, class_label
from xaitool.workflows.models.classifier import Classifier
from xaitool.workflows.runs.context import Context


@dataclass(frozen=True)
class ExplainedScores:
    """Images, and the classes whose scores are explained of them.

    Attributes:
        images: ``(N, C, H, W)`` in [0, 1], on the device.
        indices: Their places in the dataset.
        score: Target and second class of each, as logits.
    """

    images: Tensor
    indices: list[int]
    score: Score

    def question(self, row: int, classes: tuple[str, ...]) -> str:
        """What is asked of an image, such as ``8 against 3``."""
        target = class_label(int(self.score.target[row]), classes)
        if self.score.against is None:
            return target
        return f"{target} against {class_label(int(self.score.against[row]), classes)}"


def explained_scores(
    dataset: ImageDataset,
    classifier: Classifier,
    context: Context[EvaluateConfig],
    indices: Tensor,
) -> ExplainedScores:
    """Images of a dataset with the classes that the options choose.

    Args:
        dataset: The images, with the classifier's classes.
        classifier: Says what is predicted.
        context: The options ``target`` and ``against``, without which the second class is drawn,
            and where it computes.
        indices: Which of them, int64 ``(N,)``.

    Raises:
        InputError: A class does not exist, or an image's two classes are one.
    """
    config = context.config
    images = context.runtime.place(dataset.images(indices))
    classes = classifier.class_count(dataset.shape, context.runtime)
    rule = None if config.against in (None, "none") else config.against
    if rule == "all":
        raise ConfigError("--against is all, but one class is wanted here")
    choice = ClassChoice(config.target, rule, classifier.classes or dataset.classes)
    if choice.targets > 1:
        raise ConfigError(f"--target is {config.target}, but one class is wanted here")
    choice.check(classes)
    logits = rows_for(dataset, context).run(partial(classifier.logits, images))
    score = choice.score(logits, dataset.labels[indices], "logit")
    if config.against is None:
        drawn = other_classes(score.target, indices.tolist(), classes, config.seed)
        score = replace(score, against=drawn)
    return ExplainedScores(images, indices.tolist(), score)


def other_classes(targets: Tensor, indices: list[int], classes: int, seed: int) -> Tensor:
    """For each image a class other than its target, drawn from the seed and its place.

    Args:
        targets: int64 ``(N,)``.
        indices: Places of the images.
        classes: How many there are.
        seed: The run's.

    Raises:
        ConfigError: There is but one.
    """
    if classes < 2:
        raise ConfigError(
            "the model has one class, but a second one is drawn to hold it against",
            hint="--against none",
        )
    draws = [
        int(torch.randint(classes - 1, (), generator=random_stream(seed, "against", index)))
        for index in indices
    ]
    other = torch.tensor(draws, device=targets.device)
    return other + (other >= targets)
