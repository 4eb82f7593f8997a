"""The logistic loss against its sums, written out."""

from __future__ import annotations

import math

import torch

from tests.core.losses.batch import LABELS, LOGITS, WEIGHTS
from xaitool.core.losses.logistic import Logistic


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


def test_each_output_is_a_classifier_of_its_own_in_nats():
    """Nobody knows anything: log 2 an output, whatever the labels."""
    loss = Logistic()(torch.zeros(3, 4, dtype=torch.float64), torch.tensor([0, 3, 3]))
    assert math.isclose(loss, 4 * math.log(2))
    sure = torch.tensor([[900.0, -900, -900]], requires_grad=True)
    assert Logistic()(sure, torch.tensor([0])) == 0
    assert Logistic()(sure, torch.tensor([1])) == 1800
