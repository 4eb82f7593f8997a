"""Whether predictions stay what they are when the sensitive attribute alone moves."""

from __future__ import annotations

from torch import Tensor

from xaitool.core.metrics.statistics.estimate import Estimate, share_of
from xaitool.errors import ShapeError


def counterfactual_consistency(before: Tensor, after: Tensor) -> Estimate:
    """Share of images that are predicted to be of the same class before and after.

    Source: counterfactual fairness (Kusner et al. 2017), which the CIA paper conditions on the
    label (equation 3) by counting the images of each class apart. Both compare distributions of
    predictions; of one image and one deterministic classifier that is whether two predictions are
    the same. Whether they are right does not matter: a constant classifier is consistent.

    Args:
        before: Predicted classes of images, int64 ``(N,)``.
        after: Those of the same images with another value of the attribute.

    Raises:
        ShapeError: The shapes differ.
    """
    if before.shape != after.shape or after.ndim != 1:
        raise ShapeError(
            f"predictions are {tuple(before.shape)} before and {tuple(after.shape)} after, but "
            "equal shapes (samples,) are wanted"
        )
    return share_of(before == after)


def consistency_by_class(
    before: Tensor, after: Tensor, labels: Tensor, classes: int
) -> tuple[Estimate, ...]:
    """`counterfactual_consistency` of the images of each class.

    Args:
        before: int64 ``(N,)``.
        after: int64 ``(N,)``.
        labels: True classes, int64 ``(N,)``.
        classes: How many there are.
    """
    masks = [labels == label for label in range(classes)]
    return tuple(counterfactual_consistency(before[mask], after[mask]) for mask in masks)
