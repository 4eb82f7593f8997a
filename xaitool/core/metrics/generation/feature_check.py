"""What a set of features has to be before it is compared with another."""

from __future__ import annotations

from torch import Tensor

from xaitool.errors import ShapeError


def check_features(features: Tensor, columns: int | None = None) -> None:
    """Refuse what is no set of features.

    Args:
        features: Floating ``(N, D)``, N at least 2.
        columns: Wanted D; None: any.

    Raises:
        ShapeError: It is something else, or holds NaN or infinity.
    """
    if features.ndim != 2 or not features.is_floating_point() or len(features) < 2:
        raise ShapeError(
            f"features are {features.dtype} {tuple(features.shape)}, "
            "but floating (samples, features) with at least 2 samples is wanted"
        )
    if columns not in (None, features.shape[1]):
        raise ShapeError(
            f"the second set has {features.shape[1]} features, but the first has {columns} and "
            "equal numbers are wanted"
        )
    if not features.isfinite().all():
        raise ShapeError("the features hold NaN or infinite values, but finite ones are wanted")
