"""Binary cross-entropy, against torch's own and closed forms."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from tests.core.objectives.examples import SMOOTHED, logits
from xaitool.core.objectives.bce import BinaryCrossEntropy


@pytest.mark.parametrize(("real_label", "generated_label"), [(1.0, 0.0), (0.9, 0.1), (0.8, 0.0)])
def test_bce_is_torchs_cross_entropy(real_label: float, generated_label: float) -> None:
    objective = BinaryCrossEntropy(real_label=real_label, generated_label=generated_label)
    real, generated = logits()
    torch.testing.assert_close(
        objective.discriminator_loss(real, generated),
        _cross_entropy(real, real_label) + _cross_entropy(generated, generated_label),
    )
    torch.testing.assert_close(
        objective.generator_loss(generated), _cross_entropy(generated, real_label)
    )


def _cross_entropy(logits: Tensor, label: float) -> Tensor:
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))


def test_hard_labels_are_softplus_bit_for_bit() -> None:
    real, generated = (part.float().requires_grad_() for part in logits())
    plain = F.softplus(-real).mean() + F.softplus(generated).mean()
    ours = BinaryCrossEntropy().discriminator_loss(real, generated)
    assert torch.equal(ours, plain)
    gradients = [torch.autograd.grad(loss, (real, generated)) for loss in (ours, plain)]
    for one, other in zip(*gradients, strict=True):
        assert torch.equal(one, other)
    assert torch.equal(
        BinaryCrossEntropy().generator_loss(generated), F.softplus(-generated).mean()
    )


def test_bce_of_an_undecided_discriminator_is_two_log_two() -> None:
    zero = torch.zeros(4, 1, dtype=torch.float64)
    assert math.isclose(BinaryCrossEntropy().discriminator_loss(zero, zero), 2 * math.log(2))


def test_smoothed_labels_have_their_optimum_at_their_log_odds() -> None:
    best = torch.tensor([[math.log(9)]], dtype=torch.float64, requires_grad=True)
    loss = BinaryCrossEntropy(**SMOOTHED).discriminator_loss(best, -best)
    (gradient,) = torch.autograd.grad(loss, best)
    assert abs(gradient.item()) < 1e-15
    assert BinaryCrossEntropy(**SMOOTHED).boundary == 0
