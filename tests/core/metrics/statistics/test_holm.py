"""Holm's correction, by hand and by its definition."""

from __future__ import annotations

import pytest
import torch

from xaitool.core.metrics.statistics.holm import holm


def test_by_hand() -> None:
    """Holm's steps: 3 x .01, then 2 x .03, then 1 x .04, which may not be below the last."""
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.2, 0.9, 0.5]) == pytest.approx([0.6, 1.0, 1.0])
    assert holm([0.02]) == [0.02]
    assert holm([]) == []


def test_a_level_rejects_what_the_steps_reject() -> None:
    """The smallest m - 1, ..., 1 as long as each is below the level over the tests left."""
    for seed in range(20):
        values = torch.rand(6, generator=torch.Generator().manual_seed(seed)).square() / 4
        ordered, rejected = sorted(values.tolist()), 0
        while rejected < 6 and ordered[rejected] <= 0.05 / (6 - rejected):
            rejected += 1
        assert sum(one <= 0.05 for one in holm(values.tolist())) == rejected
