"""Accuracy by group: class and sensitive attribute together."""

from __future__ import annotations

import torch
from torch import Tensor

from xaitool.errors import ShapeError


def group_counts(predicted: Tensor, groups: Tensor, classes: int, values: int) -> Tensor:
    """How often each class was predicted in each group.

    Args:
        predicted: Predicted classes, int64 ``(N,)`` in 0..classes-1.
        groups: ``label * values + attribute value``, int64 ``(N,)``; of several attributes the
            combinations of their values are counted through.
        classes: Y.
        values: S, of the attribute.

    Returns:
        int64 ``(Y, S, Y)`` on the CPU: label, attribute value, prediction. The functions of this
        module and of `fairness_gaps` take any number of such counts at once, ``(..., Y, S, Y)``.

    Raises:
        ShapeError: The shapes differ, or a number is out of range.
    """
    if predicted.shape != groups.shape or groups.ndim != 1:
        raise ShapeError(
            f"predictions are {tuple(predicted.shape)} and groups {tuple(groups.shape)}, but equal "
            "shapes (samples,) are wanted"
        )
    for name, numbers, count in (
        ("predictions", predicted, classes),
        ("groups", groups, classes * values),
    ):
        if len(numbers) and not 0 <= int(numbers.min()) <= int(numbers.max()) < count:
            raise ShapeError(
                f"{name} are {int(numbers.min())} to {int(numbers.max())}, but 0 to {count - 1} "
                "is wanted"
            )
    cells = torch.bincount((groups * classes + predicted).cpu(), minlength=classes**2 * values)
    return cells.view(classes, values, classes)


def group_accuracies(counts: Tensor) -> Tensor:
    """Accuracy of each group.

    Args:
        counts: ``(..., Y, S, Y)``, see `group_counts`.

    Returns:
        float64 ``(..., Y, S)``, NaN where a group is empty.
    """
    right = counts.diagonal(dim1=-3, dim2=-1).transpose(-1, -2)
    return right.double() / counts.sum(-1)


def unbiased_accuracy(counts: Tensor) -> Tensor:
    """Mean of the groups' accuracies, empty ones left out: float64 ``(...)``.

    It is the expected accuracy on a test set with equally many images of each pair of label and
    attribute value (Nam et al. 2020, "unbiased"; the CIA paper's table 2), without throwing away
    the images that such a set has no room for.
    """
    return group_accuracies(counts).flatten(-2).nanmean(-1)


def worst_group_accuracy(counts: Tensor) -> Tensor:
    """Smallest accuracy of a group that is not empty: float64 ``(...)`` (Sagawa et al. 2020)."""
    return group_accuracies(counts).flatten(-2).nan_to_num(nan=torch.inf).amin(-1)


def conflict_accuracy(counts: Tensor, conflicting: Tensor) -> Tensor:
    """Mean accuracy of the groups that conflict with the bias of the training data.

    Nam et al. 2020 ("bias-conflict") drop from the unbiased test set the pairs whose label and
    attribute have the same value; which are those is a question of how values are counted, so here
    the caller tells which groups conflict.

    Args:
        counts: ``(..., Y, S, Y)``, see `group_counts`.
        conflicting: bool ``(Y, S)``.

    Returns:
        float64 ``(...)``, NaN where all these groups are empty.
    """
    return group_accuracies(counts)[..., conflicting].nanmean(-1)
