"""On a linear classifier the best attack is known: every attack reaches it."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from xaitool import registry
from xaitool.core.attacks.cw_l2 import CarliniWagnerL2

IMAGES = torch.full((1, 1, 4, 5), 0.5, dtype=torch.float64)
LABELS = torch.tensor([1])
GRADIENT_STEPS: dict[str, dict[str, Any]] = {
    "fgsm": {},
    "bim": {"steps": 30},
    "pgd": {"steps": 30},
    "mim": {"steps": 30},
    "apgd-ce": {"steps": 30},
    "square": {"queries": 400},
    "spsa": {"steps": 60, "step_size": 0.02},
}


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


@pytest.mark.parametrize("name", GRADIENT_STEPS)
def test_the_budget_that_is_just_enough_is(name: str) -> None:
    model = Pair(lead=1.0)
    needed = float(1 / model.weights.abs().sum())
    options = GRADIENT_STEPS[name]
    assert run(name, model, epsilon=needed * 1.001, **options).success.all()
    result = run(name, model, epsilon=needed * 0.999, **options)
    assert not result.success.any()
    best = 1 - needed * 0.999 * model.weights.abs().sum()
    found = model(result.images)[0, 1] - model(result.images)[0, 0]
    torch.testing.assert_close(found, best, rtol=0, atol=2e-5)


@pytest.mark.parametrize(
    ("name", "options"),
    [("fgsm", {}), ("bim", {}), ("mim", {}), ("pgd", {"restarts": 3})],
)
def test_sign_steps_end_at_the_optimum(name: str, options: dict[str, Any]) -> None:
    model = Pair(lead=100.0)
    result = run(name, model, epsilon=0.2, loss="margin", **options)
    best = IMAGES - 0.2 * model.weights.sign().view_as(IMAGES)
    torch.testing.assert_close(result.images, best)


@pytest.mark.parametrize("lead", [0.3, 1.0, 2.5])
def test_cw_finds_the_nearest_image(lead: float) -> None:
    model = Pair(lead)
    result = run("cw-l2", model, steps=300, initial_constant=0.1, search_steps=8)
    nearest = IMAGES - (lead / model.weights.square().sum() * model.weights).view_as(IMAGES)
    assert nearest.min() >= 0
    assert result.success.all()
    assert float(result.l2) == pytest.approx(lead / float(model.weights.norm()), rel=0.01)
    torch.testing.assert_close(result.images, nearest, rtol=0, atol=0.03)


def test_cw_confidence_is_a_lead_of_so_many_logits() -> None:
    model = Pair(1.0)
    result = run("cw-l2", model, steps=150, initial_constant=0.1, confidence=0.5)
    logits = model(result.images)[0]
    assert 0.5 < float(logits[0] - logits[1]) < 0.55


def test_cw_keeps_its_confidence_for_images_that_are_misclassified_already() -> None:
    options = {"steps": 150, "initial_constant": 0.1, "confidence": 0.5}
    barely = run("cw-l2", Pair(-0.2), **options)
    logits = Pair(-0.2)(barely.images)[0]
    assert barely.success.all()
    assert 0.5 < float(logits[0] - logits[1]) < 0.55
    nearest = 0.3 / float(Pair(-0.2).weights.norm())
    assert nearest * 0.999 < float(barely.l2) < nearest * 1.2
    clearly = run("cw-l2", Pair(-0.6), **options)
    assert clearly.success.all()
    assert clearly.images.equal(IMAGES)


def test_cw_fails_where_misclassified_is_not_enough() -> None:
    result = run("cw-l2", Pair(-0.2), steps=20, search_steps=2, confidence=40.0)
    assert not result.success.any()
    assert result.images.equal(IMAGES)


def test_cw_says_so_where_there_is_no_such_image() -> None:
    result = run("cw-l2", Pair(lead=40.0), steps=20, search_steps=3)
    assert not result.success.any()
    assert result.images.equal(IMAGES)


def test_cw_moves_pixels_of_exactly_0_and_1() -> None:
    class Bright(nn.Module):
        def forward(self, images: Tensor) -> Tensor:
            bright = images.flatten(1).sum(1)
            return torch.stack((bright, 4 - bright), 1)

    black_and_white = torch.tensor([1.0, 1, 1, 0, 0]).view(1, 1, 1, 5)
    attack = CarliniWagnerL2(steps=1000, initial_constant=1.0, search_steps=3)
    result = attack.run(Bright(), black_and_white, torch.tensor([0]), generator=torch.Generator())
    assert result.success.all()
    # The white pixels fall by a third each; the black ones are at their end already.
    expected = torch.tensor([2 / 3, 2 / 3, 2 / 3, 0, 0]).view(1, 1, 1, 5)
    torch.testing.assert_close(result.images, expected, rtol=0, atol=0.02)


def test_cw_of_more_than_nine_searches_ends_with_the_best_constant() -> None:
    model = Pair(1.0)
    few, many = (run("cw-l2", model, steps=40, search_steps=count) for count in (9, 12))
    assert float(many.l2) <= float(few.l2)
