"""When a generator is guided, and how strongly."""

from __future__ import annotations

import pytest

from xaitool.core.guidance.schedule import GuidanceSchedule


def test_all_steps_are_guided_by_default() -> None:
    assert {GuidanceSchedule().share(step, 5) for step in range(100)} == {1.0}


def test_from_one_epoch_to_another() -> None:
    schedule = GuidanceSchedule(start=2, stop=3)
    guided = [step for step in range(25) if schedule.share(step, 5) is not None]
    assert guided == list(range(5, 15))


def test_alternating() -> None:
    schedule = GuidanceSchedule(every=3)
    assert [step for step in range(10) if schedule.share(step, 4)] == [0, 3, 6, 9]


def test_annealing_ends_with_the_last_guided_epoch() -> None:
    schedule = GuidanceSchedule(start=2, stop=3, anneal=True)
    shares = [schedule.share(step, 4) for step in range(16)]
    assert shares[:4] == [None] * 4
    assert shares[4:12] == pytest.approx([1 - number / 8 for number in range(8)])
    assert shares[12:] == [None] * 4
