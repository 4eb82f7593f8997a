"""Whether images along a path are still what they are said to be."""

from __future__ import annotations

from torch import Tensor

from xaitool.core.metrics.statistics.estimate import Estimate, share_of
from xaitool.errors import ShapeError


def path_agreement(findings: Tensor, wanted: Tensor) -> tuple[Estimate, ...]:
    """Share of the paths on which a judge finds what is wanted, at each place.

    On a path along a sensitive attribute a judge of the class should find what it finds of the
    image itself everywhere: the interpolations of the CIA paper keep the label of the image, which
    they deserve only as far as this holds. The paper assumes it.

    Args:
        findings: What the judge finds at P places of N paths, int64 ``(N, P)``.
        wanted: int64 ``(N,)``.

    Returns:
        P shares of the N paths.

    Raises:
        ShapeError: The shapes do not fit.
    """
    if findings.ndim != 2 or wanted.shape != findings.shape[:1]:
        raise ShapeError(
            f"findings are {tuple(findings.shape)} and what is wanted {tuple(wanted.shape)}, but "
            "(paths, places) and (paths,) are wanted"
        )
    return tuple(share_of(column == wanted) for column in findings.unbind(1))
