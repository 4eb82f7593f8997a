"""Guided complement entropy against its definition."""

from __future__ import annotations

import math

import pytest
import torch

from xaitool.core.losses.gce import GuidedComplementEntropy
from xaitool.errors import ConfigError, ShapeError


@pytest.mark.parametrize("alpha", [0.2, 1 / 3, 1.0])
def test_is_its_definition(alpha):
    generator = torch.Generator().manual_seed(0)
    logits = 3 * torch.randn(20, 6, generator=generator, dtype=torch.float64)
    labels = torch.randint(6, (20,), generator=generator)
    expected = 0.0
    for row, label in zip(logits.softmax(1).tolist(), labels.tolist(), strict=True):
        shares = [p / (1 - row[label]) for j, p in enumerate(row) if j != label]
        expected += row[label] ** alpha * sum(q * math.log(q) for q in shares)
    value = GuidedComplementEntropy(alpha=alpha)(logits, labels)
    assert math.isclose(value.item(), expected / 20 / math.log(5), rel_tol=1e-12)


def test_least_where_the_true_class_has_all_and_the_rest_is_even():
    loss = GuidedComplementEntropy()
    best = torch.tensor([[60.0, 0, 0, 0, 0]], dtype=torch.float64)
    assert math.isclose(loss(best, torch.tensor([0])).item(), -1)
    uneven = torch.tensor([[60.0, 9, 0, 0, 0]], dtype=torch.float64)
    assert loss(uneven, torch.tensor([0])) > -0.1
    wrong = torch.tensor([[0.0, 60, 0, 0, 0]], dtype=torch.float64)
    assert -1e-6 < loss(wrong, torch.tensor([0])) <= 0


def test_two_classes_have_nothing_to_spread():
    with pytest.raises(
        ShapeError, match="have 2 classes, but GuidedComplementEntropy wants at least 3"
    ):
        GuidedComplementEntropy()(torch.zeros(1, 2), torch.zeros(1, dtype=torch.int64))
    with pytest.raises(ConfigError, match="--alpha is 0"):
        GuidedComplementEntropy(alpha=0)
