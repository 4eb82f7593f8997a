"""A training batch together with the counterfactual interpolations of its images."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from xaitool.core.batching import ROWS
from xaitool.core.counterfactuals.base import CounterfactualPath


@dataclass(frozen=True)
class InterpolatedBatch:
    """The images of a step: the batch's own first, then the interpolations, image by image.

    Attributes:
        images: ``(M, C, H, W)`` in [0, 1].
        labels: int64 ``(M,)``, an interpolation's is its image's.
        sources: Which image of the batch each is or is made from, int64 ``(M,)`` on the CPU.
        moved: Whether its attributes are the counterfactual ones, or at least as near to them as
            to its own; bool ``(M,)`` on the CPU.
    """

    images: Tensor
    labels: Tensor
    sources: Tensor
    moved: Tensor


def interpolation_places(count: int) -> Tensor:
    """Where on the path from an image to its counterfactual its interpolations lie, ``(count,)``.

    Evenly from 0 to 1 with both ends: x̂_1 has the image's own attributes and x̂_n the
    counterfactual ones. A single one is the counterfactual.

    Args:
        count: n of the CIA paper's figure 3, at least 1.
    """
    return torch.ones(1) if count == 1 else torch.linspace(0, 1, count)


def interpolated_batch(
    path: CounterfactualPath,
    images: Tensor,
    labels: Tensor,
    attributes: Tensor,
    counterfactual: Tensor,
    interpolated: Tensor,
    count: int,
    *,
    replace: bool = False,
    rows: int = ROWS,
) -> InterpolatedBatch:
    """Make the interpolations of a batch.

    CIA paper, section 4.1: X_AUG = X ∪ X_CIA. The paper makes X_CIA once, for the whole training
    set; here it is made batch by batch, so that no more than n + 1 times the batch is ever in
    memory, and an image meets the step together with its own interpolations.

    Args:
        path: Makes the images between one and its counterfactual.
        images: ``(N, C, H, W)`` in [0, 1].
        labels: int64 ``(N,)``, on the images' device.
        attributes: Of each image, int64 ``(N, A)`` on the CPU.
        counterfactual: Those that it moves to, alike.
        interpolated: Which images get interpolations, int64 ``(R,)`` on the CPU.
        count: How many each, at least 1.
        replace: Whether images that get interpolations are left out themselves (X_CIA alone).
        rows: See `CounterfactualPath.points`.

    Returns:
        ``N + R * count`` images, or ``N - R + R * count``.
    """
    sources = torch.arange(len(images))
    if not len(interpolated):
        return InterpolatedBatch(images, labels, sources, torch.zeros(len(images)).bool())
    places, device = interpolation_places(count), images.device
    chosen = interpolated.to(device)
    points = path.points(
        images[chosen],
        labels[chosen],
        attributes[interpolated].to(device),
        counterfactual[interpolated].to(device),
        places.to(images),
        rows,
    )
    if replace:
        left = torch.ones(len(images), dtype=torch.bool).index_fill(0, interpolated, False)
        sources, images = sources[left], images[left.to(device)]
    moved = torch.cat([torch.zeros(len(sources)).bool(), (places >= 0.5).repeat(len(interpolated))])
    sources = torch.cat([sources, interpolated.repeat_interleave(count)])
    whole = torch.cat([images, points.flatten(0, 1)])
    return InterpolatedBatch(whole, labels[sources.to(device)], sources, moved)
