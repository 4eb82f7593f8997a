"""Algorithm 1 of Croce and Hein 2020 for one image, written line by line."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import ceil

import torch
from torch import Tensor, nn

Objective = Callable[[Tensor, int], Tensor]
"""Of one image's logits ``(K,)`` and its class."""


def plain_apgd(
    model: nn.Module,
    objective: Objective,
    image: Tensor,
    label: int,
    start: Tensor,
    epsilon: float,
    steps: int,
) -> tuple[Tensor, bool]:
    """The first misclassified image ``(C, H, W)``, or that of the largest objective, and which."""
    low, high = (image - epsilon).clamp(min=0), (image + epsilon).clamp(max=1)
    checks, last = checkpoints(steps), 0
    step, halved = 2 * epsilon, True
    here = before = best = start
    best_value, best_gradient, _ = look(model, objective, start, label)
    best_at_check, values = best_value, [best_value]
    for number in range(steps + 1):
        value, gradient, wrong = look(model, objective, here, label)
        if wrong:
            return here, True
        if number:
            values.append(value)
        if value > best_value:
            best, best_value, best_gradient = here, value, gradient
        if number in checks:
            rises = sum(values[at] > values[at - 1] for at in range(last + 1, number + 1))
            stuck = not halved and best_value == best_at_check
            halved = rises <= 0.75 * (number - last) or stuck
            last, best_at_check = number, best_value
            if halved:
                step, here, gradient = step / 2, best, best_gradient
        ahead = (here + step * gradient.sign()).maximum(low).minimum(high)
        # The first step has no momentum.
        new = 0.75 if number else 1.0
        moved = here + new * (ahead - here) + (1 - new) * (here - before)
        before, here = here, moved.maximum(low).minimum(high)
    return best, False


def look(
    model: nn.Module, objective: Objective, point: Tensor, label: int
) -> tuple[float, Tensor, bool]:
    """Objective, its gradient, and whether the point is misclassified."""
    leaf = point.clone().requires_grad_()
    logits = model(leaf[None])[0]
    value = objective(logits, label)
    (gradient,) = torch.autograd.grad(value, leaf)
    return float(value.detach()), gradient, int(logits.argmax()) != label


def checkpoints(steps: int) -> set[int]:
    """Section 3.2: ``p_j+1 = p_j + max(p_j - p_j-1 - 0.03, 0.06)`` of the steps, rounded up."""
    at, period, found = Fraction(22, 100), Fraction(22, 100), set[int]()
    while at <= 1:
        found.add(ceil(at * steps))
        period = max(period - Fraction(3, 100), Fraction(6, 100))
        at += period
    return found


def plain_cross_entropy(logits: Tensor, label: int) -> Tensor:
    """In nats."""
    return logits.logsumexp(0) - logits[label]


def plain_logit_ratio(logits: Tensor, label: int) -> Tensor:
    """DLR, equation 6."""
    ordered = logits.sort(descending=True).values
    rival = max(logit for place, logit in enumerate(logits) if place != label)
    lead: Tensor = rival - logits[label]
    return lead / (ordered[0] - ordered[2])
