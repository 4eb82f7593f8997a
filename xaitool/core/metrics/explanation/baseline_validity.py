"""Whether baselines are what a one-vs-one explanation takes them for, gathered batch by batch."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from xaitool.core.metrics.statistics.estimate import wilson_interval
from xaitool.errors import ShapeError


@dataclass(frozen=True)
class JudgedBaselines:
    """What was found of B baselines.

    Attributes:
        hits: Whether the explained classifier puts each into the class it stands for, bool
            ``(B,)``.
        agreements: The same of other classifiers, bool ``(J, B)``; J may be 0.
        l1: Mean absolute difference from the input over all pixels and channels, ``(B,)``, in
            pixel units of [0, 1].
        l2: Euclidean distance to the input, ``(B,)``, in the same units.
        nearest: Euclidean distance to the nearest training image, ``(B,)``.
        nearest_target: To the nearest one of the class that it stands for, ``(B,)``.
        colour: `colour_distance` from the input, ``(B,)``, NaN where one of them is black.
    """

    hits: Tensor
    agreements: Tensor
    l1: Tensor
    l2: Tensor
    nearest: Tensor
    nearest_target: Tensor
    colour: Tensor


@dataclass(frozen=True)
class BaselineValidityResult:
    """Shares and means over all baselines.

    Attributes:
        hit_rate: Share that the explained classifier puts into the class they stand for.
        interval: Wilson score interval of `hit_rate` at 95 %, as if the baselines were
            independent.
        agreements: The same share of each other classifier.
        l1: Mean of `JudgedBaselines.l1`.
        l2: Mean of `JudgedBaselines.l2`.
        nearest: Mean of `JudgedBaselines.nearest`.
        nearest_target: Mean of `JudgedBaselines.nearest_target`.
        colour: Mean of `JudgedBaselines.colour` where it is defined; None where it never is.
        count: Baselines.
    """

    hit_rate: float
    interval: tuple[float, float]
    agreements: tuple[float, ...]
    l1: float
    l2: float
    nearest: float
    nearest_target: float
    colour: float | None
    count: int


class BaselineValidity:
    """Streaming validity: sums in float64 on the device, one number of each kind.

    A baseline of a one-vs-one explanation stands for the second class (Shih et al. 2021, GANMEX,
    section 2): it has to be of that class to the classifier, near the input, and realistic. A hit
    alone is cheap, an adversarial example is one; so other classifiers and the distance to real
    images stand beside it. The paper reports none of these as numbers.
    """

    def __init__(self) -> None:
        self._sums: Tensor | None = None
        self._count = 0

    def update(self, judged: JudgedBaselines) -> None:
        """Add some baselines, without waiting for the device."""
        distances = torch.stack([judged.l1, judged.l2, judged.nearest, judged.nearest_target])
        coloured = torch.stack([~judged.colour.isnan(), judged.colour.nan_to_num()])
        shares = torch.cat([judged.hits[None], judged.agreements])
        sums = torch.cat([part.double().sum(1) for part in (distances, coloured, shares)])
        self._sums = sums if self._sums is None else self._sums + sums
        self._count += len(judged.hits)

    def compute(self) -> BaselineValidityResult:
        """The result so far.

        Raises:
            ShapeError: There was no baseline.
        """
        if self._sums is None or not self._count:
            raise ShapeError("the baseline validity has 0 baselines, but at least 1 is wanted")
        *distances, coloured, colour, hits = self._sums[:7].tolist()
        l1, l2, nearest, nearest_target = (value / self._count for value in distances)
        return BaselineValidityResult(
            hit_rate=hits / self._count,
            interval=wilson_interval(round(hits), self._count),
            agreements=tuple(value / self._count for value in self._sums[7:].tolist()),
            l1=l1,
            l2=l2,
            nearest=nearest,
            nearest_target=nearest_target,
            colour=colour / coloured if coloured else None,
            count=self._count,
        )
