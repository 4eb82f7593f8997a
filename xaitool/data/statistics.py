"""Means and standard deviations of images."""

from __future__ import annotations

import torch
from torch import Tensor

from xaitool.data.dataset import ImageDataset


def channel_statistics(
    dataset: ImageDataset, samples: Tensor, most: int = 10_000
) -> tuple[list[float], list[float]]:
    """Mean and standard deviation of every channel, in pixel units of [0, 1].

    Args:
        dataset: The images.
        samples: Their indices, int64 ``(n,)``.
        most: At most so many, evenly spaced, are read.

    Returns:
        Two lists of C numbers; the deviations are at least 1/255, the step between two grey levels.
    """
    chosen = samples[:: max(1, -(-len(samples) // most))]
    channels = dataset.shape[0]
    total, squares, count = torch.zeros(channels), torch.zeros(channels), 0
    total, squares = total.double(), squares.double()
    for indices in chosen.split(512):
        pixels = dataset.images(indices).cpu().double().transpose(0, 1).flatten(1)
        total += pixels.sum(1)
        squares += pixels.square().sum(1)
        count += pixels.shape[1]
    mean = total / count
    deviation = (squares / count - mean.square()).clamp(min=0).sqrt().clamp(min=1 / 255)
    return mean.tolist(), deviation.tolist()
