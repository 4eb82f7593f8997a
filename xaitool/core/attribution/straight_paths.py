"""Gradients along straight paths from references to images, weighted and summed."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from xaitool.core.attribution.linear_stem import path_space
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
    space = path_space(model, inputs[:1])
    count = references.shape[1]
    path = points.sample * count + points.reference
    order = path.argsort(stable=True)
    paths, line, sizes = path[order].unique_consecutive(return_inverse=True, return_counts=True)
    ends = sizes.cumsum(0).tolist()
    values = torch.zeros_like(inputs)
    # As many paths at once as images in a forward pass: their sums are as large as its features.
    for block in row_chunks(len(paths), rows, inputs.device):
        first, last = int(block[0]), int(block[-1])
        sample = paths[block] // count
        start, end = references[sample, paths[block] % count], inputs[sample]
        begin = space.enter(start)
        way = space.enter(end) - begin
        total = torch.zeros_like(begin)
        begun = ends[first - 1] if first else 0
        for chunk in row_chunks(ends[last] - begun, rows, inputs.device):
            point = order[begun + chunk]
            one = line[begun + chunk] - first
            shape = (-1, *(1,) * (begin.ndim - 1))
            place = points.place[point].to(inputs).view(shape)
            weight = points.weight[point].to(inputs).view(shape)
            at = torch.addcmul(begin[one], place, way[one])
            gradient = space.gradient(end[one], at, score.select(sample[one]))
            total.index_add_(0, one, gradient.mul_(weight))
        values.index_add_(0, sample, space.leave(end, total).mul_(end - start))
    return values
