"""Cross-entropy against equation 1, written out."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from tests.core.losses.batch import LABELS, LOGITS, WEIGHTS
from xaitool.core.losses.cross_entropy import CrossEntropy


def test_cross_entropy_is_equation_1():
    expected = 0.0
    for row, label in zip(LOGITS.tolist(), LABELS.tolist(), strict=True):
        total = sum(math.exp(value) for value in row)
        expected -= WEIGHTS[label].item() * math.log(math.exp(row[label]) / total) / len(LABELS)
    assert math.isclose(CrossEntropy(class_weights=WEIGHTS)(LOGITS, LABELS).item(), expected)
    torch.testing.assert_close(CrossEntropy()(LOGITS, LABELS), F.cross_entropy(LOGITS, LABELS))


def test_steps_of_parts_add_up_to_equation_1():
    """Which torch's weighted mean does not promise."""
    loss = CrossEntropy(class_weights=WEIGHTS)
    parts = [loss(LOGITS[part], LABELS[part]) for part in torch.arange(9).split(3)]
    torch.testing.assert_close(torch.stack(parts).mean(), loss(LOGITS, LABELS))


def test_a_class_of_weight_0_moves_nothing():
    logits = LOGITS.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(CrossEntropy(class_weights=WEIGHTS)(logits, LABELS), logits)
    of_no_weight = LABELS == 3
    assert not gradient[of_no_weight].any()
    # Elsewhere it is λ (softmax - one-hot) / N.
    truth = F.one_hot(LABELS, 4).double()
    wanted = WEIGHTS[LABELS][:, None] * (LOGITS.softmax(1) - truth) / len(LABELS)
    torch.testing.assert_close(gradient, wanted)
