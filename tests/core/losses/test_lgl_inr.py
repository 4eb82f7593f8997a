"""LGL-INR against equation 11, written out in loops, and its special cases."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from xaitool.core.losses.lgl_inr import LglInr
from xaitool.errors import ConfigError


def equation_11(logits: Tensor, labels: Tensor, beta: float) -> float:
    classes = logits.shape[1]
    members = {k: [i for i, y in enumerate(labels.tolist()) if y == k] for k in range(classes)}
    probability = logits.sigmoid().tolist()
    total = 0.0
    for k in range(classes):
        if members[k]:
            total -= sum(math.log(probability[i][k]) for i in members[k]) / len(members[k])
        others = [j for j in range(classes) if j != k and members[j]]
        hardness = {j: sum(probability[i][k] for i in members[j]) / len(members[j]) for j in others}
        norm = sum(math.exp(beta * hardness[j]) for j in others)
        for j in others:
            mean = sum(math.log(1 - probability[i][k]) for i in members[j]) / len(members[j])
            total -= math.exp(beta * hardness[j]) / norm * mean
    return total


def batch(samples: int, classes: int, present: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(samples + classes)
    logits = 3 * torch.randn(samples, classes, generator=generator, dtype=torch.float64)
    return logits, torch.randint(present, (samples,), generator=generator)


@pytest.mark.parametrize("beta", [0.0, 1.0, 4.0])
@pytest.mark.parametrize(("classes", "present"), [(10, 10), (10, 4), (3, 1), (2, 2)])
def test_is_equation_11(beta, classes, present):
    logits, labels = batch(20, classes, present)
    expected = equation_11(logits, labels, beta)
    for attach in (False, True):
        value = LglInr(beta=beta, attach=attach)(logits, labels)
        assert math.isclose(value.item(), expected, rel_tol=1e-12)


def test_beta_0_is_balanced_within_the_negative_class():
    logits, labels = batch(40, 6, 6)
    expected = torch.zeros((), dtype=torch.float64)
    for k in range(6):
        expected -= F.logsigmoid(logits[labels == k, k]).mean()
        negatives = [F.logsigmoid(-logits[labels == j, k]).mean() for j in range(6) if j != k]
        expected -= torch.stack(negatives).mean()
    torch.testing.assert_close(LglInr(beta=0)(logits, labels), expected)


@pytest.mark.parametrize("beta", [0.0, 1.0, 50.0])
def test_two_classes_are_both_outputs_balanced_cross_entropies(beta):
    logits, labels = batch(15, 2, 2)
    expected = torch.zeros((), dtype=torch.float64)
    for k in range(2):
        wanted = (labels == k).double()
        weight = torch.where(labels == k, 1 / wanted.sum(), 1 / (1 - wanted).sum())
        expected += F.binary_cross_entropy_with_logits(
            logits[:, k], wanted, weight, reduction="sum"
        )
    torch.testing.assert_close(LglInr(beta=beta)(logits, labels), expected)


def test_large_beta_is_the_hardest_class_alone():
    logits, labels = batch(30, 4, 4)
    expected = torch.zeros((), dtype=torch.float64)
    for k in range(4):
        rivals = [j for j in range(4) if j != k]
        hardest = max(rivals, key=lambda j: logits[labels == j, k].sigmoid().mean().item())
        expected -= F.logsigmoid(logits[labels == k, k]).mean()
        expected -= F.logsigmoid(-logits[labels == hardest, k]).mean()
    torch.testing.assert_close(LglInr(beta=1e4)(logits, labels), expected)


def gradient(logits: Tensor, labels: Tensor, **options: Any) -> Tensor:
    leaf = logits.clone().requires_grad_()
    (found,) = torch.autograd.grad(LglInr(**options)(leaf, labels), leaf)
    return found


def test_detached_gradient_has_constant_weights():
    """It is that of a weighted binary cross-entropy: p - y, times the weight of the term."""
    logits, labels = batch(20, 5, 4)
    one_hot = F.one_hot(labels, 5).double()
    counts = one_hot.sum(0)
    means = one_hot.T @ logits.sigmoid() / counts.clamp(min=1)[:, None]
    weights = (2.0 * means).exp() * (1 - torch.eye(5).double()) * (counts > 0)[:, None]
    weights = weights / weights.sum(0) + torch.eye(5)
    expected = (weights / counts[:, None])[labels] * (logits.sigmoid() - one_hot)
    torch.testing.assert_close(gradient(logits, labels, beta=2.0), expected)


def test_attached_weights_can_push_an_easy_negative_the_wrong_way():
    """Gradient descent raises the logit of a negative sample where its gradient is below 0."""
    labels = torch.tensor([0, 1, 2])
    logits = torch.tensor([[2.0, -3, -3], [-3.0, 2, -3], [4.0, -3, 2]], dtype=torch.float64)
    easy = (1, 0)
    assert gradient(logits, labels)[easy] > 0
    assert gradient(logits, labels, attach=True)[easy] < 0


def test_learns_beyond_a_logit_of_16():
    logits = torch.tensor([[-40.0, 40.0]])
    assert LglInr()(logits, torch.tensor([0])) >= 40
    assert gradient(logits, torch.tensor([0]))[0, 0] == -1


def test_options():
    with pytest.raises(ConfigError, match="--beta is -1"):
        LglInr(beta=-1)
    assert LglInr.Options.from_assignments(["beta=2", "attach=true"], source="loss").attach
