"""Images whose colour is their channel, in memory."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from xaitool.data.annotations import Annotations, Attribute
from xaitool.data.memory import MemoryDataset


def coloured(
    colours: Sequence[int],
    labels: Sequence[int] | None = None,
    names: tuple[str, ...] = ("red", "green"),
    attribute: str = "colour",
) -> MemoryDataset:
    """An image of 3 channels for each colour, bright in that channel alone."""
    pixels = torch.zeros(len(colours), 3, 4, 4, dtype=torch.uint8)
    for place, colour in enumerate(colours):
        pixels[place, colour] = 50 + 10 * (place % 20)
    values = {attribute: Attribute(torch.tensor(colours), names)}
    return MemoryDataset(
        pixels,
        torch.tensor(labels or [0] * len(colours)),
        ("low", "high"),
        name="coloured",
        split="test",
        annotations=Annotations(attributes=values, sensitive=(attribute,)),
    )
