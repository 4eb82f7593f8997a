"""Adversarial training: the copies, their budget, and a step on both halves."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from xaitool.core.attacks.fgsm import FastGradientSign
from xaitool.core.attacks.pgd import ProjectedGradientDescent
from xaitool.core.losses.cross_entropy import CrossEntropy
from xaitool.core.training.adversarial_copies import AdversarialCopies
from xaitool.core.training.classifier_step import classifier_step


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(64, 3)
    ).double()


def batch() -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(1)
    return torch.rand(8, 1, 6, 6, dtype=torch.float64), torch.arange(8) % 3


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_a_copy_is_the_hand_made_fgsm_of_the_model_in_eval_mode() -> None:
    model, (images, labels) = network(), batch()
    copies = AdversarialCopies(FastGradientSign, 0.2, 0.2, steps=5)
    found = copies(model, images, labels, seeded(0))

    judged = network().eval()
    points = images.clone().requires_grad_()
    F.cross_entropy(judged(points), labels).backward()
    assert points.grad is not None
    torch.testing.assert_close(found, (images + 0.2 * points.grad.sign()).clamp(0, 1))


def test_the_model_is_left_as_it_was() -> None:
    model, (images, labels) = network(), batch()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    AdversarialCopies(ProjectedGradientDescent, 0.1, 0.2, steps=3)(model, images, labels, seeded(0))
    assert all(module.training for module in model.modules())
    assert all(one.requires_grad and one.grad is None for one in model.parameters())
    assert all(value.equal(before[name]) for name, value in model.state_dict().items())


def test_the_budget_is_drawn_anew_from_the_range() -> None:
    model, (images, labels) = network(), batch()
    inner = 0.45 + 0.1 * images  # far from the ends, so that no pixel is clamped
    copies = AdversarialCopies(FastGradientSign, 0.1, 0.3, steps=1)
    budgets = [
        float((copies(model, inner, labels, seeded(seed)) - inner).abs().max())
        for seed in range(200)
    ]
    assert 0.1 < min(budgets) < 0.11
    assert 0.29 < max(budgets) <= 0.3
    assert sum(budgets) / 200 == pytest.approx(0.2, abs=0.01)
    assert copies(model, inner, labels, seeded(5)).equal(copies(model, inner, labels, seeded(5)))


def test_every_step_of_pgd_is_taken_within_the_budget() -> None:
    model, (images, labels) = network(), batch()
    copies = AdversarialCopies(ProjectedGradientDescent, 0.0, 0.1, steps=7)
    assert copies._options == {"steps": 7, "stop_early": False}
    for seed in range(20):
        found = copies(model, images, labels, seeded(seed))
        assert (found - images).abs().max() <= 0.1 + 1e-12
        assert found.min() >= 0
        assert found.max() <= 1


def test_a_step_is_of_both_halves_together() -> None:
    (images, labels), copies = batch(), batch()[0].flip(3)
    model, other = network(), network()
    optimiser = torch.optim.SGD(model.parameters(), lr=0.5)
    values = classifier_step(model, CrossEntropy(), optimiser, images, labels, copies)

    logits = other(torch.cat([images, copies]))
    loss = F.cross_entropy(logits, labels.repeat(2))
    loss.backward()
    torch.testing.assert_close(values["loss"], loss.detach())
    for one, wanted in zip(model.parameters(), other.parameters(), strict=True):
        assert wanted.grad is not None
        torch.testing.assert_close(one.detach(), (wanted - 0.5 * wanted.grad).detach())
    right = (logits.argmax(1) == labels.repeat(2)).float()
    assert values["accuracy"] == right[:8].mean()
    assert values["adversarial_accuracy"] == right[8:].mean()
