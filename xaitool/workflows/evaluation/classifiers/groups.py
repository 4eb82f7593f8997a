"""The groups of the images on which fairness is measured."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from xaitool.core.metrics.fairness.group_accuracy import group_counts
from xaitool.data.annotations import Attribute
from xaitool.data.dataset import ImageDataset
from xaitool.data.groups import conflicting_groups, groups_of
from xaitool.data.sensitive import require_sensitive
from xaitool.errors import DataError
from xaitool.workflows.configs.evaluate import EvaluateConfig
from xaitool.workflows.evaluation.subjects import first_samples
from xaitool.workflows.models.classifier import Classifier
from xaitool.workflows.models.datasets import dataset_for
from xaitool.workflows.runs.progress import Reporter


@dataclass(frozen=True)
class MeasuredGroups:
    """Groups of label and sensitive attributes.

    Attributes:
        classes: Names of the labels.
        names: The values of the attributes, by their names, of each of the S combinations.
        index: The group of each measured image, int64 ``(N,)``, see `group_index`.
        conflicting: bool ``(classes, S)``, see `conflicting_groups`; None where the training images
            are not known.
    """

    classes: tuple[str, ...]
    names: tuple[dict[str, str], ...]
    index: Tensor
    conflicting: Tensor | None

    @classmethod
    def of(
        cls,
        classifier: Classifier,
        dataset: ImageDataset,
        config: EvaluateConfig,
        reporter: Reporter,
    ) -> MeasuredGroups:
        """Those of the images that are measured.

        Args:
            classifier: Whose data it is.
            dataset: The images.
            config: The options.
            reporter: Warned of groups without images, and of training images that are not there.

        Raises:
            DataError: There is no sensitive attribute, or a value of one has no image.
        """
        attributes = require_sensitive(dataset, "--metric fairness")
        samples = first_samples(dataset, config)
        _check_values(dataset, attributes, samples)
        groups = cls(
            classes=dataset.classes,
            names=_combinations(attributes),
            index=groups_of(dataset)[samples],
            conflicting=_conflicting(classifier, dataset, config, reporter),
        )
        empty = torch.bincount(groups.index, minlength=groups.count).view(groups.shape) == 0
        for label, value, name in groups.each():
            if empty[label, value]:
                reporter.warning(
                    f"no image of {groups.classes[label]} with {_group_text(name)}: left out of "
                    "means and gaps"
                )
        return groups

    @property
    def shape(self) -> tuple[int, int]:
        """Labels, and combinations of values."""
        return len(self.classes), len(self.names)

    @property
    def count(self) -> int:
        """Of all groups."""
        return math.prod(self.shape)

    def counted(self, predicted: Tensor) -> Tensor:
        """How often each class was predicted in each group, see `group_counts`."""
        return group_counts(predicted, self.index, *self.shape)

    def at(self, place: Tensor | int) -> tuple[int, int, dict[str, str]]:
        """Label, combination, and its name, of the group with this number."""
        label, value = divmod(int(place), len(self.names))
        return label, value, self.names[value]

    def each(self) -> Iterator[tuple[int, int, dict[str, str]]]:
        """`at` of all groups."""
        return map(self.at, range(self.count))

    def conflicts(self, label: int, value: int) -> bool | None:
        """Whether a group conflicts with the bias; None where that is not known."""
        return None if self.conflicting is None else bool(self.conflicting[label, value])


def _combinations(attributes: dict[str, Attribute]) -> tuple[dict[str, str], ...]:
    every = itertools.product(*(attribute.names for attribute in attributes.values()))
    return tuple(dict(zip(attributes, values, strict=True)) for values in every)


def _check_values(dataset: ImageDataset, attributes: dict[str, Attribute], samples: Tensor) -> None:
    for name, attribute in attributes.items():
        counts = torch.bincount(attribute.values[samples], minlength=len(attribute.names))
        for value, count in zip(attribute.names, counts.tolist(), strict=True):
            if count == 0:
                raise DataError(
                    f"dataset '{dataset.name}' has 0 of {len(samples)} images with "
                    f"{_group_text({name: value})}, but --metric fairness wants some of each value",
                    hint="a larger --limit" if len(samples) < len(dataset) else None,
                )


def _conflicting(
    classifier: Classifier, dataset: ImageDataset, config: EvaluateConfig, reporter: Reporter
) -> Tensor | None:
    """By the counts of the train split, of which no picture is read."""
    # One of them is set: the images that are measured were found by it.
    name = str(config.dataset or classifier.dataset)
    try:
        train = dataset_for(name, "train", classifier, config)
    except DataError as error:
        reporter.warning(f"bias-conflict is left out: {error}")
        return None
    shape = len(dataset.classes), math.prod(dataset.sensitive_sizes)
    if (train.classes, train.sensitive_names) != (dataset.classes, dataset.sensitive_names):
        reporter.warning("bias-conflict is left out: the train split has other groups")
        return None
    return conflicting_groups(
        torch.bincount(groups_of(train), minlength=math.prod(shape)).view(shape)
    )


def _group_text(group: dict[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in group.items())
