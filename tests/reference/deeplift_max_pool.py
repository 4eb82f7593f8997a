"""DeepLIFT's rescale rule for max pooling, window by window in plain Python."""

from __future__ import annotations

import itertools

import torch
from torch import Tensor


def max_pool_multiplier(
    point: Tensor, reference: Tensor, gradient: Tensor, kernel: int, stride: int, padding: int
) -> Tensor:
    """Multipliers of the input ``(H, W)`` of a max pooling.

    Args:
        point: Input ``(H, W)``.
        reference: Its reference ``(H, W)``.
        gradient: Multipliers of the pooling's output.
        kernel: Side of the window.
        stride: Step of the window.
        padding: Rows and columns that are added on each side, never the maximum.
    """
    share, slope = torch.zeros_like(point), torch.zeros_like(point)
    for row, column in itertools.product(*map(range, gradient.shape)):
        window = list(
            itertools.product(
                _inside(row * stride - padding, kernel, point.shape[0]),
                _inside(column * stride - padding, kernel, point.shape[1]),
            )
        )
        here = max(window, key=lambda position: float(point[position]))
        there = max(window, key=lambda position: float(reference[position]))
        top = max(point[here], reference[there])
        share[here] += gradient[row, column] * (top - reference[there])
        share[there] += gradient[row, column] * (point[here] - top)
        slope[here] += gradient[row, column]
    difference = point - reference
    return torch.where(difference == 0, slope, share / difference)


def _inside(start: int, length: int, size: int) -> range:
    return range(max(start, 0), min(start + length, size))
