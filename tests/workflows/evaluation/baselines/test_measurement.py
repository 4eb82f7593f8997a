"""How good baselines are, in closed forms on a made-up world."""

from typing import Any

import pytest

from tests.workflows.evaluation.baselines.shades import Shift, grey, measurement, shade
from xaitool.core.baselines.counterfactual import CounterfactualBaseline
from xaitool.core.baselines.nearest_target import NearestTarget
from xaitool.core.baselines.target_class import TargetClass
from xaitool.core.baselines.zero import Zero


@pytest.mark.parametrize("rows", [1, 5, 64])
def test_a_generator_that_is_right(rows):
    done: list[Any] = []
    baseline = CounterfactualBaseline(generator=Shift())
    found, distance = measurement(rows, others=[shade(1)]).measure(baseline, done.append)
    assert (found.hit_rate, found.count, distance) == (1.0, 24, None)
    assert found.agreements == (0.0,)
    # Of the six ordered pairs of classes four are one step of 0.2 apart and two are two steps.
    step = 0.2 * (4 * 1 + 2 * 2) / 6
    assert found.l1 == pytest.approx(step)
    assert found.l2 == pytest.approx(4 * step)
    # Nearest is a training image of that grey whose dot is elsewhere: two pixels differ.
    assert found.nearest_target == pytest.approx(2**0.5 * 5 / 255, rel=1e-6)
    assert found.nearest == pytest.approx(found.nearest_target)
    assert sum(done) == 24


def test_black_and_the_nearest_image():
    black, _ = measurement().measure(Zero(), lambda count: None)
    # Black stands for the first class in a third of the pairs, and is of it.
    assert black.hit_rate == pytest.approx(1 / 3)
    assert black.l1 == pytest.approx(0.2 + 5 / 255 / 16)
    assert black.nearest == pytest.approx(5 / 255)
    near, _ = measurement().measure(NearestTarget(data=grey("train")), lambda count: None)
    assert (near.hit_rate, near.nearest, near.nearest_target) == (1.0, 0.0, 0.0)


def test_all_references_count():
    found, _ = measurement(rows=5).measure(
        TargetClass(data=grey("train"), references=3), lambda count: None
    )
    assert (found.count, found.hit_rate, found.nearest_target) == (72, 1.0, 0.0)
