"""Images, each paired with classes that it is not of."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from xaitool.core.seeding import derive_seed, random_stream


@dataclass(frozen=True)
class ClassPairs:
    """Pairs of an image and a class other than its own.

    Attributes:
        images: Their places in the dataset, int64 ``(P,)``.
        labels: Their classes, int64 ``(P,)``.
        targets: The other classes, int64 ``(P,)``, nowhere equal to `labels`.
    """

    images: Tensor
    labels: Tensor
    targets: Tensor

    def __len__(self) -> int:
        return len(self.images)

    def select(self, rows: Tensor | slice) -> ClassPairs:
        """Some pairs, by slice, index or boolean mask."""
        return ClassPairs(self.images[rows], self.labels[rows], self.targets[rows])


def every_pair(images: Tensor, labels: Tensor, classes: int) -> ClassPairs:
    """Each image with every other class, image by image.

    Args:
        images: Places in a dataset, int64 ``(N,)``.
        labels: Their classes, int64 ``(N,)``.
        classes: K, at least 2.

    Returns:
        ``N * (K - 1)`` pairs.
    """
    own = labels.repeat_interleave(classes - 1)
    step = torch.arange(classes - 1).repeat(len(images))
    return ClassPairs(images.repeat_interleave(classes - 1), own, step + (step >= own))


def drawn_pairs(images: Tensor, labels: Tensor, classes: int, seed: int) -> ClassPairs:
    """Each image with one other class, drawn from the seed and the image's place; as above."""
    draws = [derive_seed(seed, "other class", place) % (classes - 1) for place in images.tolist()]
    step = torch.tensor(draws, dtype=torch.int64)
    return ClassPairs(images, labels, step + (step >= labels))


def some_of(count: int, most: int, *keys: int | str) -> Tensor:
    """Which of `count` things are among `most` that are drawn at random: bool ``(count,)``."""
    chosen = torch.zeros(count, dtype=torch.bool)
    chosen[torch.randperm(count, generator=random_stream(*keys))[:most]] = True
    return chosen
