import pytest
import torch

from xaitool.core.metrics.fairness.path_agreement import path_agreement
from xaitool.core.metrics.statistics.estimate import Estimate, wilson_interval
from xaitool.errors import ShapeError


def test_counted_by_hand():
    found = torch.tensor([[0, 0], [1, 2], [2, 2], [3, 0]])
    first, last = path_agreement(found, torch.tensor([0, 1, 2, 3]))
    assert first == Estimate(1.0, *wilson_interval(4, 4), 4)
    assert last == Estimate(0.5, *wilson_interval(2, 4), 4)


def test_other_shapes_are_refused():
    with pytest.raises(ShapeError, match=r"findings are \(4, 2\) and what is wanted \(3,\)"):
        path_agreement(torch.zeros(4, 2).long(), torch.zeros(3).long())
