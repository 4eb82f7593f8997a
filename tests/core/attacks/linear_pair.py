"""A linear classifier of which the best attack is known."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from xaitool import registry

IMAGES = torch.full((1, 1, 4, 5), 0.5, dtype=torch.float64)


LABELS = torch.tensor([1])


class Pair(nn.Module):
    """Two logits, whose difference is ``w x + lead`` in favour of class 1; a third is far away."""

    def __init__(self, lead: float, scale: float = 1.0) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        weights = torch.rand(20, dtype=torch.float64, generator=generator) + 0.2
        self.weights = weights * torch.where(torch.arange(20) % 3 == 0, -1, 1)
        self.lead, self.scale = lead, scale

    def forward(self, images: Tensor) -> Tensor:
        ahead = (images - 0.5).flatten(1) @ self.weights.to(images) + self.lead
        logits = torch.stack((torch.zeros_like(ahead), ahead, ahead - 50 - self.lead), 1)
        return self.scale * logits


def run(name: str, model: nn.Module, **options: Any) -> Any:
    attack = registry.load("attack", name)(**options)
    return attack.run(model, IMAGES, LABELS, generator=torch.Generator().manual_seed(1))
