"""The false classes that an explanation is made against."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from xaitool.core.attribution.engine.last_layer import class_weights
from xaitool.core.frozen.users_model import class_name
from xaitool.core.seeding import sample_seeds
from xaitool.errors import ConfigError, ModelError

CHOICES = ("random", "evenly-spaced", "nearest")
NO_CLASS = -1


def choose_classes(
    model: nn.Module,
    inputs: Tensor,
    target: Tensor,
    *,
    choice: str,
    count: int,
    listed: tuple[int, ...],
    seed: int,
) -> Tensor:
    """Choose classes for each sample.

    Args:
        model: From images to logits, in eval mode.
        inputs: ``(N, C, H, W)``.
        target: Class of each sample, which is never chosen for it, int64 ``(N,)``.
        choice: ``random``: drawn for each sample without replacement. ``evenly-spaced``: every
            ``K // count``-th class from 0 on, without the last class of all, as the authors of AGI
            have it; that may be one more or less than `count`. ``nearest``: those whose weights in
            the last linear layer are nearest to the target's in L2, the nearest first.
        count: How many, if there are as many.
        listed: Take these instead.
        seed: For the draw.

    Returns:
        int64 ``(N, k)`` on the target's device; `NO_CLASS` in place of a class that is listed or
        evenly spaced and the sample's own target.

    Raises:
        ModelError: The model has a single class, or no linear layer that makes the logits.
        ConfigError: A listed class does not exist, or a sample has no class but its target.
    """
    total = _class_count(model, inputs)
    if listed or choice == "evenly-spaced":
        even = range(0, total - 1, max(1, total // count))
        return _without_target(_checked(listed, total) or even, target)
    if choice == "nearest" and total > 2:  # of two, the other is the nearest
        return _nearest(class_weights(model, inputs[:1]), target, min(count, total - 1))
    return _drawn(inputs, target, min(count, total - 1), total, seed)


@torch.no_grad()
def _class_count(model: nn.Module, inputs: Tensor) -> int:
    total = int(model(inputs[:1]).shape[-1])
    if total < 2:
        raise ModelError(
            f"{class_name(model)} has a single class, but AGI needs another to climb to"
        )
    return total


def _checked(listed: tuple[int, ...], total: int) -> tuple[int, ...]:
    for label in listed:
        if label >= total:
            raise ConfigError(
                f"--class-list has {label}, but the model's classes are 0 to {total - 1}"
            )
    return listed


def _without_target(classes: tuple[int, ...] | range, target: Tensor) -> Tensor:
    chosen = torch.tensor(classes, device=target.device).expand(len(target), -1)
    chosen = chosen.masked_fill(chosen == target[:, None], NO_CLASS)
    if (chosen == NO_CLASS).all(1).any():
        raise ConfigError(
            f"class {classes[0]} is the target of an image, but another class to climb to is wanted"
        )
    return chosen


def _nearest(weights: Tensor, target: Tensor, count: int) -> Tensor:
    weights = weights.double()
    distances = torch.cdist(
        weights[target], weights, compute_mode="donot_use_mm_for_euclid_dist"
    ).scatter_(1, target[:, None], torch.inf)
    return distances.argsort(dim=1, stable=True)[:, :count]


def _drawn(inputs: Tensor, target: Tensor, count: int, total: int, seed: int) -> Tensor:
    drawn = torch.empty(len(inputs), count, dtype=torch.int64)
    for row, sample_seed in enumerate(sample_seeds(seed, inputs)):
        random = torch.Generator().manual_seed(sample_seed)
        drawn[row] = torch.randperm(total - 1, generator=random)[:count]
    drawn = drawn.to(target.device)
    return drawn + (drawn >= target[:, None])
