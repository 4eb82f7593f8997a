"""Groups of images that have the same class and the same sensitive attributes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import torch
from torch import Tensor

from xaitool.data.dataset import ImageDataset
from xaitool.errors import DataError


def groups_of(dataset: ImageDataset) -> Tensor:
    """The group of every image of a dataset, int64 ``(N,)``; see `group_index`."""
    return group_index(
        dataset.labels, dataset.sensitive_values(), dataset.sensitive_sizes, len(dataset.classes)
    )


def group_index(labels: Tensor, values: Tensor, sizes: Sequence[int], classes: int) -> Tensor:
    """The group of every image: ``label * S + s``, with s the place of its attributes' values.

    Args:
        labels: int64 ``(N,)``, 0 to `classes` - 1.
        values: int64 ``(N, A)``, of the sensitive attributes; the last varies fastest in s.
        sizes: Number of values of each attribute; S is their product, 1 where there are none.
        classes: Number of classes.

    Returns:
        int64 ``(N,)``, 0 to ``classes * S - 1``; ``bincount(minlength=classes * S)`` reshaped to
        ``(classes, S)`` counts them.

    Raises:
        DataError: A label or a value is out of range, or there are not A sizes.
    """
    if values.shape != (len(labels), len(sizes)):
        raise DataError(
            f"attributes have shape {tuple(values.shape)}, but {(len(labels), len(sizes))} is "
            "wanted: a value of each for each image"
        )
    digits = torch.cat([labels[:, None], values], dim=1)
    groups = torch.zeros_like(labels)
    for column, size in zip(digits.unbind(1), (classes, *sizes), strict=True):
        if len(column) and not 0 <= int(column.min()) <= int(column.max()) < size:
            raise DataError(
                f"labels or attributes are from {int(column.min())} to {int(column.max())}, but "
                f"0 to {size - 1} are wanted"
            )
        groups = groups * size + column
    return groups


def conflicting_groups(counts: Tensor) -> Tensor:
    """The groups that conflict with the bias of a dataset.

    A group (y, s) does where it is rarer than it would be if label and attribute were independent:
    ``n(y, s) * N < n(y) * n(s)``. For two classes and a binary attribute these are the
    "bias-conflicting" pairs of Nam et al. 2020 (LfF), who name them by hand; where nothing is
    correlated there are none.

    Args:
        counts: int64 ``(classes, S)``, images of each group, of the data with the bias: the
            train split.

    Returns:
        bool ``(classes, S)``.
    """
    independent = counts.sum(1, keepdim=True) * counts.sum(0, keepdim=True)
    return counts * counts.sum() < independent


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
