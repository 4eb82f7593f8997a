import pytest
import torch

from xaitool.core.metrics.fairness.counterfactual_consistency import (
    consistency_by_class,
    counterfactual_consistency,
)
from xaitool.core.metrics.statistics.estimate import Estimate, wilson_interval
from xaitool.errors import ShapeError

BEFORE = torch.tensor([0, 1, 1, 0, 2])
AFTER = torch.tensor([0, 1, 0, 0, 1])


def test_counted_by_hand():
    assert counterfactual_consistency(BEFORE, AFTER) == Estimate(0.6, *wilson_interval(3, 5), 5)
    found = consistency_by_class(BEFORE, AFTER, torch.tensor([0, 0, 0, 1, 1]), 3)
    assert [(one.value, one.count) for one in found] == [
        (pytest.approx(2 / 3), 3),
        (0.5, 2),
        (None, 0),
    ]


def test_a_constant_classifier_is_consistent():
    assert counterfactual_consistency(BEFORE, BEFORE).value == 1


def test_other_shapes_are_refused():
    with pytest.raises(ShapeError, match=r"\(5,\) before and \(4,\) after"):
        counterfactual_consistency(BEFORE, AFTER[1:])
