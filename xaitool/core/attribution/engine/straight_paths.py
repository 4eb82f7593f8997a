"""Gradients along straight paths from references to images, weighted and summed."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from xaitool.core.attribution.engine.linear_stem import PathSpace, path_space
from xaitool.core.batching import row_chunks
from xaitool.core.score import Score


class PathPoints(NamedTuple):
    """Where gradients are taken; each part is ``(P,)``.

    Attributes:
        sample: Which image, int64.
        reference: Which of its references, int64.
        place: How far from the reference to the image, in [0, 1].
        weight: Weight of the gradient.
    """

    sample: Tensor
    reference: Tensor
    place: Tensor
    weight: Tensor

    def to(self, device: torch.device) -> PathPoints:
        """On a device; float32 where it has no float64."""
        exact = torch.float32 if device.type == "mps" else torch.float64
        return PathPoints(
            self.sample.to(device),
            self.reference.to(device),
            self.place.to(device, exact),
            self.weight.to(device, exact),
        )


def path_attributions(
    model: nn.Module,
    inputs: Tensor,
    references: Tensor,
    score: Score,
    points: PathPoints,
    rows: int,
) -> Tensor:
    """Sum over an image's points of ``weight * (x - b) * dS/dx`` at ``b + place * (x - b)``.

    Args:
        model: From images to logits, frozen and in eval mode.
        inputs: ``(N, C, H, W)``.
        references: ``(N, R, C, H, W)``.
        score: For these N samples.
        points: Where the gradients are taken.
        rows: Largest number of images in one forward pass.

    Returns:
        ``(N, C, H, W)``.
    """
    space = path_space(model, inputs[:1], rows)
    count = references.shape[1]
    path = points.sample * count + points.reference
    order = path.argsort(stable=True)
    paths, line, sizes = path[order].unique_consecutive(return_inverse=True, return_counts=True)
    ends = sizes.cumsum(0).tolist()
    values = torch.zeros_like(inputs)
    shared = references.stride(0) == 0
    # As many paths at once as images in a forward pass: their sums are as large as its features.
    for block in row_chunks(len(paths), rows, inputs.device):
        first, last = int(block[0]), int(block[-1])
        sample, reference = paths[block] // count, paths[block] % count
        start, end = references[sample, reference], inputs[sample]
        begins, begin = _entered(space, start, reference if shared else None)
        finishes, finish = _entered(space, end, sample)
        total = begins.new_zeros(len(block), *begins.shape[1:])
        begun = ends[first - 1] if first else 0
        for chunk in row_chunks(ends[last] - begun, rows, inputs.device):
            point = order[begun + chunk]
            one = line[begun + chunk] - first
            place = points.place[point].to(inputs).view(-1, *(1,) * (begins.ndim - 1))
            at = begins[begin[one]].lerp_(finishes[finish[one]], place)
            weight = points.weight[point].to(inputs)
            total.index_add_(
                0, one, space.gradient(end[one], at, score.select(sample[one]), weight)
            )
        values.index_add_(0, sample, space.leave(end, total).mul_(end - start))
    return values


def _entered(space: PathSpace, images: Tensor, names: Tensor | None) -> tuple[Tensor, Tensor]:
    """Points of images, and which is whose: one for all images of one name, as they are the same.

    Args:
        space: Whose points they are.
        images: ``(n, C, H, W)``.
        names: int64 ``(n,)``; None: no two are the same.

    Returns:
        ``(m, ...)`` with m at most n, and int64 ``(n,)``.
    """
    if names is None:
        return space.enter(images), torch.arange(len(images), device=images.device)
    distinct, place = names.unique(return_inverse=True)
    first = torch.empty_like(distinct)
    first[place] = torch.arange(len(names), device=names.device)
    return space.enter(images[first]), place
