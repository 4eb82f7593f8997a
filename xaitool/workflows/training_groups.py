"""The groups of a training set: images of one label and the same sensitive attributes."""

from __future__ import annotations

from itertools import product

import torch
from torch import Tensor

from xaitool.data.dataset import ImageDataset
from xaitool.data.groups import group_index, groups_of


class TrainingGroups:
    """The group of every image of a dataset with sensitive attributes.

    Attributes:
        of_images: int64 ``(N,)`` on the CPU, see `group_index`.
        names: Of the G groups, such as ``high, colour=red``.
    """

    def __init__(self, dataset: ImageDataset) -> None:
        self._labels, self._classes = dataset.labels, len(dataset.classes)
        self._sizes = dataset.sensitive_sizes
        values = [
            [f"{name}={value}" for value in names]
            for name, names in dataset.sensitive_names.items()
        ]
        # The order of `group_index`: the label first, the last attribute varies fastest.
        self.names = tuple(", ".join(one) for one in product(dataset.classes, *values))
        self.of_images = groups_of(dataset)

    def of(self, samples: Tensor, values: Tensor) -> Tensor:
        """The groups in which images would be with other attributes, int64 ``(n,)``.

        Args:
            samples: Their indices, int64 ``(n,)``.
            values: The attributes, int64 ``(n, A)``.
        """
        return group_index(self._labels[samples], values, self._sizes, self._classes)

    def count(self, groups: Tensor) -> Tensor:
        """How often each group occurs, int64 ``(G,)``."""
        return torch.bincount(groups, minlength=len(self.names))

    def absent(self, samples: Tensor) -> list[str]:
        """The names of the groups that have none of these images."""
        counts = self.count(self.of_images[samples]).tolist()
        return [name for name, count in zip(self.names, counts, strict=True) if not count]

    def worst_accuracy(self, samples: Tensor, right: Tensor) -> float:
        """The lowest accuracy in a group that has any of the images.

        Args:
            samples: Their indices, int64 ``(n,)``.
            right: Whether the prediction is right, bool ``(n,)`` on the CPU.
        """
        groups = self.of_images[samples]
        shares = self.count(groups[right]).double() / self.count(groups)
        return shares[shares.isfinite()].min().item()
