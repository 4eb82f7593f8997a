"""Accuracy under attack: what was right before, and still is."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from xaitool.core.metrics.statistics.estimate import wilson_interval
from xaitool.errors import ShapeError


@dataclass(frozen=True)
class AttackedSamples:
    """What one attack did to N samples.

    Attributes:
        right: Whether the classifier is right about the image itself, bool ``(N,)``.
        wrong: Whether it is wrong about the attacked image, bool ``(N,)``.
        l2: Euclidean length of the change, floating ``(N,)``, in pixel units of [0, 1].
        zero_gradient: As `xaitool.core.attacks.engine.outcome.AttackResult`, bool ``(N,)``.
    """

    right: Tensor
    wrong: Tensor
    l2: Tensor
    zero_gradient: Tensor

    @property
    def fooled(self) -> Tensor:
        """Whether the attack made it wrong, bool ``(N,)``."""
        return self.right & self.wrong

    @property
    def survived(self) -> Tensor:
        """Whether it is right before and after, bool ``(N,)``."""
        return self.right & ~self.wrong


@dataclass(frozen=True)
class RobustAccuracy:
    """How much of a classifier survives.

    Attributes:
        value: Share of all samples about which it is right before and after every attack.
        count: All samples.
        interval: Wilson score interval of `value` at 95 %.
        clean: Share about which it is right without an attack.
        success: Share of these that an attack makes it wrong about; None where there are none.
        l2: Median over these successes of the smallest change, in pixel units; failures do not
            count. None without a success.
    """

    value: float
    count: int
    interval: tuple[float, float]
    clean: float
    success: float | None
    l2: float | None


def robust_accuracy(*attacks: AttackedSamples) -> RobustAccuracy:
    """Accuracy in the worst case over attacks, sample by sample.

    As AutoAttack and RobustBench count (Croce and Hein 2020; Croce et al. 2021): over all samples.
    ART divides by those that are right without an attack, which cannot be compared.

    Args:
        *attacks: Of the same samples and classifier, one at least.

    Raises:
        ShapeError: There are no samples.
    """
    right = attacks[0].right
    count, clean = len(right), int(right.sum())
    if count == 0:
        raise ShapeError("the robust accuracy has 0 samples, but at least 1 is wanted")
    lengths = torch.stack(
        [attack.l2.double().masked_fill(~attack.fooled, torch.inf) for attack in attacks]
    ).amin(0)
    lengths = lengths[lengths.isfinite()]
    left = clean - len(lengths)
    return RobustAccuracy(
        value=left / count,
        count=count,
        interval=wilson_interval(left, count),
        clean=clean / count,
        success=len(lengths) / clean if clean else None,
        l2=float(lengths.quantile(0.5)) if len(lengths) else None,
    )
