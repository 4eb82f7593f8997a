"""The learning rate's schedules, against their closed forms."""

from __future__ import annotations

import math

import pytest

from xaitool.core.training.schedule import rate_factor


def test_cosine_falls_to_nearly_nothing_but_is_never_nothing() -> None:
    rates = [rate_factor("cosine", 10)(step) for step in range(10)]
    assert rates == pytest.approx([(1 + math.cos(math.pi * step / 11)) / 2 for step in range(10)])
    assert rates == sorted(rates, reverse=True)
    assert 0 < rates[-1] < 0.1


def test_constant() -> None:
    assert {rate_factor("constant", 10)(step) for step in range(10)} == {1.0}


def test_steps_are_torchs_multi_step() -> None:
    """MultiStepLR of the PC paper's published code: 50 and 100 of 150, times 0.2."""
    found = rate_factor("steps", 150, milestones=[50, 100], factor=0.2)
    assert [found(step) for step in (0, 49, 50, 99, 100, 149)] == pytest.approx(
        [1, 1, 0.2, 0.2, 0.04, 0.04]
    )
    assert rate_factor("steps", 150, milestones=[100, 50], factor=0.2)(99) == 0.2
