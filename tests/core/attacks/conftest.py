"""A network worth attacking, trained once, and the digits that it knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from xaitool import registry
from xaitool.core.attacks.base import Attack
from xaitool.core.models.classifiers.lenet5 import LeNet5
from xaitool.data.load import load_dataset


@dataclass(frozen=True)
class Victim:
    """A classifier, and samples some of which it gets wrong."""

    model: nn.Module
    images: Tensor
    labels: Tensor

    def first(self, count: int) -> tuple[nn.Module, Tensor, Tensor]:
        """The classifier and its first samples, as an attack's arguments."""
        return self.model, self.images[:count], self.labels[:count]


@pytest.fixture(scope="session")
def victim() -> Victim:
    """A LeNet-5 on digits; float64, where no gradient's sign flips by rounding."""
    torch.manual_seed(0)
    training, test = load_dataset("digits", "train"), load_dataset("digits", "test")
    images = training.images(torch.arange(len(training)))
    model = LeNet5((1, 28, 28), 10, [0.3], [0.35])
    optimiser = torch.optim.Adam(model.parameters(), 2e-3)
    for _ in range(6):
        for part in torch.randperm(len(images)).split(64):
            optimiser.zero_grad()
            nn.functional.cross_entropy(model(images[part]), training.labels[part]).backward()
            optimiser.step()
    samples = torch.arange(64)
    return Victim(
        model.double().eval(), test.images(samples).double(), test.labels[samples].clone()
    )


@pytest.fixture(scope="session")
def seeded() -> torch.Generator:
    """Seed 0."""
    return torch.Generator().manual_seed(0)


def fallen(name: str, victim: Victim, epsilon: float, **options: Any) -> Tensor:
    attack: Attack = registry.load("attack", name)(epsilon=epsilon, **options)
    generator = torch.Generator().manual_seed(0)
    return attack.run(victim.model, victim.images, victim.labels, generator=generator).success


def broken(name: str, victim: Victim, epsilon: float, **options: Any) -> int:
    return int(fallen(name, victim, epsilon, **options).sum())
