"""``textures``: made colour textures, as scenes that need no download."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from xaitool.core.seeding import random_stream
from xaitool.data.loader import DatasetRequest, Loaded, Split
from xaitool.data.memory import MemoryDataset

CLASSES = ("checks", "clouds", "stripes")
SIDE = 32
COUNTS: dict[Split, int] = {"train": 1000, "test": 200}
"""Images of each class."""


def load(request: DatasetRequest) -> Loaded:
    """Make a split; see `DatasetRequest`.

    Three patterns of 32x32 pixels that differ in nothing but their shape: every image mixes two
    random colours, in checks or stripes of random direction, place and width (4 to 8 pixels), or
    in clouds (smooth noise). The same on every machine of one torch version.
    """
    request.refuse_location()
    draw = random_stream("textures", request.split)
    count = COUNTS[request.split]
    labels = torch.arange(len(CLASSES)).repeat(count)
    waves = torch.cat([_waves(count, draw), _waves(count, draw)])
    kinds = [waves[:count].prod(1), _clouds(count, draw), waves[count:, 0]]
    shares = torch.stack(kinds, 1).flatten(0, 1)
    first, shift = torch.rand(2, len(labels), 3, 1, 1, generator=draw)
    second = (first + 0.3 + 0.4 * shift) % 1  # differs by 0.3 at least in every channel
    mixed = first + (second - first) * (shares[:, None] + 1) / 2
    dataset = MemoryDataset(
        (mixed * 255).round().to(torch.uint8),
        labels,
        CLASSES,
        name=request.name,
        split=request.split,
    )
    return dataset.adapted(request.image_size, request.channels)


def _waves(count: int, draw: Generator) -> Tensor:
    """Two square waves at right angles, in [-1, 1], softened by a pixel: ``(N, 2, SIDE, SIDE)``."""
    angle, phase, other_phase, width = torch.rand(4, count, 1, 1, generator=draw)
    place = torch.arange(SIDE, dtype=torch.float32)
    along = place * torch.cos(angle * math.pi) + place[:, None] * torch.sin(angle * math.pi)
    across = place[:, None] * torch.cos(angle * math.pi) - place * torch.sin(angle * math.pi)
    frequency = math.pi / (4 + 4 * width)
    waves = [
        torch.sin(along * frequency + phase * 2 * math.pi),
        torch.sin(across * frequency + other_phase * 2 * math.pi),
    ]
    return (torch.stack(waves, 1) * 3).clamp(-1, 1)


def _clouds(count: int, draw: Generator) -> Tensor:
    """Smooth noise in [-1, 1]: ``(N, SIDE, SIDE)``."""
    coarse = torch.rand(count, 1, 5, 5, generator=draw) * 2 - 1
    fine = F.interpolate(coarse, size=(SIDE, SIDE), mode="bicubic", align_corners=True)
    return (fine[:, 0] * 1.5).clamp(-1, 1)
