"""Which attacks are at least as strong as which."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from tests.core.attacks.conftest import Victim, broken, fallen


@pytest.fixture(scope="module", params=["lenet5", "tanh", "average-pooling"])
def several(request: pytest.FixtureRequest, victim: Victim) -> Victim:
    """Victims of different shapes."""
    if request.param == "lenet5":
        return victim
    torch.manual_seed(1)
    bodies: dict[str, list[nn.Module]] = {
        "tanh": [nn.Flatten(), nn.Linear(784, 60), nn.Tanh(), nn.Linear(60, 10)],
        "average-pooling": [
            nn.Conv2d(1, 8, 5), nn.ReLU(), nn.AvgPool2d(4), nn.Flatten(), nn.Linear(288, 10),
        ],
    }  # fmt: skip
    model = nn.Sequential(*bodies[request.param]).double()
    optimiser = torch.optim.Adam(model.parameters(), 5e-3)
    for _ in range(60):
        optimiser.zero_grad()
        nn.functional.cross_entropy(model(victim.images), victim.labels).backward()
        optimiser.step()
    return Victim(model, victim.images, victim.labels)


class Scaled(nn.Module):
    """A classifier with larger logits, which decides as before."""

    def __init__(self, model: nn.Module, scale: float) -> None:
        super().__init__()
        self.model, self.scale = model, scale

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.model(images)
        return self.scale * logits


@pytest.mark.parametrize("epsilon", [0.03, 0.1])
def test_apgd_is_never_weaker_than_pgd_of_the_same_cost(epsilon: float, several: Victim) -> None:
    pgd = broken("pgd", several, epsilon, steps=40)
    assert broken("apgd-ce", several, epsilon, steps=40) >= pgd


def test_both_objectives_together_are_never_weaker_than_pgd_of_the_same_cost(
    several: Victim,
) -> None:
    """Which is how they are used; the logit ratio alone is weaker here, see `AutoPgdLogitRatio`."""
    by_entropy, by_ratio = (
        fallen(name, several, 0.1, steps=40) for name in ("apgd-ce", "apgd-dlr")
    )
    twice = broken("pgd", several, 0.1, steps=40, restarts=2)
    assert int((by_entropy | by_ratio).sum()) >= twice


def test_the_logit_ratio_finds_what_cross_entropy_is_blind_to(victim: Victim) -> None:
    """Its gradient has no scale; that of cross-entropy is exactly 0 where the softmax is full."""
    sharp = Victim(Scaled(victim.model, 1e4), victim.images[:24], victim.labels[:24])
    by_entropy, by_ratio = (broken(name, sharp, 0.15, steps=20) for name in ("apgd-ce", "apgd-dlr"))
    assert by_ratio > by_entropy + 10
