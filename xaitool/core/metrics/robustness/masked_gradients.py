"""Signs that a classifier hides its gradients, so that attacks by them flatter it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import torch
from scipy.special import bdtrc
from torch import Tensor

from xaitool.core.attacks.base import AttackKind
from xaitool.core.metrics.robustness.robustness import AttackedSamples

SignName = Literal[
    "one-step-stronger", "black-box-stronger", "zero-gradient", "budget-does-not-help"
]

_SIGNIFICANCE = 0.01
# Below so many images nobody expects that a larger budget fools another one.
_ENOUGH = 20


@dataclass(frozen=True)
class Attempt:
    """An attack on a classifier.

    Attributes:
        attack: What people call it.
        kind: What it knows of the classifier that it is to fool.
        epsilon: Its budget; None where it has none.
        samples: What it did.
    """

    attack: str
    kind: AttackKind
    epsilon: float | None
    samples: AttackedSamples


@dataclass(frozen=True)
class MaskingSign:
    """One sign of masked gradients.

    Attributes:
        name: Which.
        attempt: The attempt that shows it.
        beside: The attack that should have been the stronger one, or ``epsilon`` and the smaller
            budget that did as well; for ``zero-gradient`` the share of the samples.
    """

    name: SignName
    attempt: Attempt
    beside: str


def masking_signs(attempts: Sequence[Attempt]) -> list[MaskingSign]:
    """What speaks for masked gradients among attacks on the same samples of one classifier.

    The signs are those of Athalye et al. (2018, section 3.1) and Carlini et al. (2019). Two
    attacks are compared by a one-sided sign test at 1 % over the samples that only one of them
    fools, so that chance is no sign; the papers compare the bare numbers.

    * ``one-step-stronger``: one step fools more than several.
    * ``black-box-stronger``: an attack without gradients of this classifier, or a transferred one,
      fools more than all iterated attacks by its gradients together.
    * ``zero-gradient``: a gradient is 0, or rounding noise, for a sample that the attack does not
      fool.
    * ``budget-does-not-help``: an iterated attack fools fewer with the next larger budget, or no
      more with at least twice its smallest one although 20 samples or more were left. One step may
      overshoot with any classifier.

    Args:
        attempts: In any order.
    """
    signs: list[MaskingSign] = []
    for epsilon in sorted({one.epsilon for one in attempts if one.epsilon is not None}):
        signs += _between_attacks([one for one in attempts if one.epsilon == epsilon])
    for attempt in attempts:
        zero = attempt.samples.zero_gradient & attempt.samples.survived
        if zero.any():
            signs.append(MaskingSign("zero-gradient", attempt, f"{float(zero.double().mean()):g}"))
    for name in dict.fromkeys(one.attack for one in attempts if one.kind == "iterated"):
        signs += _between_budgets(
            # Without a budget it is the clean image, which no budget has to be twice of.
            [one for one in attempts if one.attack == name and one.epsilon]
        )
    return signs


def _between_attacks(attempts: list[Attempt]) -> Iterator[MaskingSign]:
    """Signs among attacks of one budget."""
    iterated = [attempt for attempt in attempts if attempt.kind == "iterated"]
    for attempt in attempts:
        if attempt.kind == "one-step":
            for other in iterated:
                if _fools_more(attempt.samples.fooled, other.samples.fooled):
                    yield MaskingSign("one-step-stronger", attempt, other.attack)
        elif attempt.kind == "black-box" and iterated:
            together = torch.stack([other.samples.fooled for other in iterated]).any(0)
            if _fools_more(attempt.samples.fooled, together):
                names = " and ".join(other.attack for other in iterated)
                yield MaskingSign("black-box-stronger", attempt, names)


def _between_budgets(attempts: list[Attempt]) -> Iterator[MaskingSign]:
    """Signs among budgets of one attack."""
    ordered = sorted(attempts, key=_budget)
    for smaller, larger in pairwise(ordered):
        if _fools_more(smaller.samples.fooled, larger.samples.fooled):
            yield _no_help(smaller, larger)
    if ordered and _stagnates(ordered[0], ordered[-1]):
        yield _no_help(ordered[0], ordered[-1])


def _stagnates(smallest: Attempt, largest: Attempt) -> bool:
    before, after = smallest.samples, largest.samples
    left = int(before.survived.sum())
    return (
        _budget(largest) >= 2 * _budget(smallest)
        and left >= _ENOUGH
        and int(after.fooled.sum()) <= int(before.fooled.sum())
        and not _fools_more(before.fooled, after.fooled)
    )


def _no_help(smaller: Attempt, larger: Attempt) -> MaskingSign:
    return MaskingSign("budget-does-not-help", larger, f"epsilon {_budget(smaller):g}")


def _budget(attempt: Attempt) -> float:
    return attempt.epsilon or 0.0


def _fools_more(first: Tensor, second: Tensor) -> bool:
    """Whether the first fools more samples than the second, and not by chance.

    Args:
        first: Which samples it fools, bool ``(N,)``.
        second: Same.
    """
    only_first = int((first & ~second).sum())
    differing = int((first ^ second).sum())
    return only_first > 0 and bool(bdtrc(only_first - 1, differing, 0.5) < _SIGNIFICANCE)
