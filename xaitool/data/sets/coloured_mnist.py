"""``coloured-mnist``: grey digits in one of three colours that say nothing of the class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor

from xaitool.core.seeding import derive_seed
from xaitool.data.annotations import Annotations, Attribute
from xaitool.data.loader import DatasetRequest, Loaded, Split
from xaitool.data.memory import MemoryDataset
from xaitool.options import Options, option

COLOURS = ("red", "green", "blue")
"""A digit of the colour i has its grey levels in channel i, and zeros in the other two."""


@dataclass(frozen=True, kw_only=True)
class GreyPictures(Options):
    """What is coloured: ``of=digits``."""

    of: str = option(
        "mnist",
        "the grey pictures",
        choices=("mnist", "fashion-mnist", "kmnist", "digits"),
        what="dataset to colour",
    )

    def loaded(self, request: DatasetRequest) -> MemoryDataset:
        """The split of them that is asked for, ``(N, 1, H, W)``.

        Raises:
            DataError: It is absent or damaged.
        """
        return cast(MemoryDataset, request.of(self.of).load())


@dataclass(frozen=True, kw_only=True)
class ColouredMnist(GreyPictures):
    """What is coloured and how: ``coloured-mnist:of=digits,seed=3``."""

    colour: str = option(
        "random",
        "random: independent of class and picture; pixel-sum: sum of the grey levels modulo 3",
        choices=("random", "pixel-sum"),
        what="colour",
    )
    seed: int = option(0, "seed of the random colours", minimum=0)


def load(request: DatasetRequest) -> Loaded:
    """Load a split; see `DatasetRequest` and `ColouredMnist`.

    Shih et al. 2021 (GANMEX) colour MNIST "randomly"; their code takes the sum of the pixels
    modulo 3, which is fixed by the picture and so could be learnt from it. Here the colour is
    drawn: from the SHA-256 of seed, split and index, so that it is the same on every machine and
    independent of the class. ``colour=pixel-sum`` is theirs. As theirs, a colour is one of the
    three channels. Every image's colour is the attribute ``colour``.
    """
    options = request.options(ColouredMnist)
    grey, split = options.loaded(request), request.split
    colours = _colours(options, split, grey.pixels)
    dataset = MemoryDataset(
        coloured(grey.pixels, colours),
        grey.labels,
        grey.classes,
        name=request.name,
        split=split,
        filenames=[f"coloured-mnist/{split}/{index:05d}" for index in range(len(grey))],
        annotations=Annotations(attributes={"colour": Attribute(colours, COLOURS)}),
    )
    return dataset.adapted(request.image_size, request.channels)


def coloured(grey: Tensor, colours: Tensor) -> Tensor:
    """Put grey pictures into one channel.

    Args:
        grey: ``(N, 1, H, W)``.
        colours: int64 ``(N,)``, 0 to 2.

    Returns:
        ``(N, 3, H, W)`` of the dtype of `grey`, zero in the other two channels.
    """
    pixels = grey.new_zeros(len(grey), 3, *grey.shape[2:])
    pixels[torch.arange(len(grey)), colours] = grey[:, 0]
    return pixels


def _colours(options: ColouredMnist, split: Split, pixels: Tensor) -> Tensor:
    if options.colour == "pixel-sum":
        return pixels.flatten(1).sum(1, dtype=torch.int64) % len(COLOURS)
    draws = (
        derive_seed(options.seed, "colour", split, index) % len(COLOURS)
        for index in range(len(pixels))
    )
    return torch.tensor(list(draws), dtype=torch.int64)
