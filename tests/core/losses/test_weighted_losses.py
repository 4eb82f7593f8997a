"""Cross-entropy and the logistic loss against the equations, written out."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from xaitool.core.losses.cross_entropy import CrossEntropy
from xaitool.core.losses.logistic import Logistic

GENERATOR = torch.Generator().manual_seed(3)
LOGITS = 3 * torch.randn(9, 4, generator=GENERATOR, dtype=torch.float64)
LABELS = torch.tensor([0, 1, 2, 3, 0, 0, 2, 1, 0])
WEIGHTS = torch.tensor([0.25, 3.0, 1.0, 0.0], dtype=torch.float64)


def test_cross_entropy_is_equation_1():
    expected = 0.0
    for row, label in zip(LOGITS.tolist(), LABELS.tolist(), strict=True):
        total = sum(math.exp(value) for value in row)
        expected -= WEIGHTS[label].item() * math.log(math.exp(row[label]) / total) / len(LABELS)
    assert math.isclose(CrossEntropy(class_weights=WEIGHTS)(LOGITS, LABELS).item(), expected)
    torch.testing.assert_close(CrossEntropy()(LOGITS, LABELS), F.cross_entropy(LOGITS, LABELS))


def test_logistic_sums_over_outputs_and_averages_over_samples():
    expected = weighted = 0.0
    for row, label in zip(LOGITS.tolist(), LABELS.tolist(), strict=True):
        for output, logit in enumerate(row):
            probability = 1 / (1 + math.exp(-logit))
            term = -math.log(probability if output == label else 1 - probability) / len(LABELS)
            expected += term
            weighted += WEIGHTS[label].item() * term
    assert math.isclose(Logistic()(LOGITS, LABELS).item(), expected)
    assert math.isclose(Logistic(class_weights=WEIGHTS)(LOGITS, LABELS).item(), weighted)


def test_steps_of_parts_add_up_to_equation_1():
    """Which torch's weighted mean does not promise."""
    loss = CrossEntropy(class_weights=WEIGHTS)
    parts = [loss(LOGITS[part], LABELS[part]) for part in torch.arange(9).split(3)]
    torch.testing.assert_close(torch.stack(parts).mean(), loss(LOGITS, LABELS))


def test_weights_are_no_part_of_the_state():
    assert not CrossEntropy(class_weights=WEIGHTS).state_dict()
