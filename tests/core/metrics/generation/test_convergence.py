import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xaitool.core.metrics.generation.convergence import convergence_epoch, reached


def test_the_first_epoch_of_the_window():
    falling = [90.0, 50.0, 20.0]
    assert convergence_epoch([*falling, *[5.0] * 10], threshold=1) == 4
    assert convergence_epoch([*falling, *[5.0] * 9], threshold=1) is None
    assert convergence_epoch([5.0] * 10, threshold=0) == 1
    assert convergence_epoch([], threshold=1) is None


def test_the_threshold_is_the_range_and_counts():
    values = [5.0, 5.5, 6.0] * 4
    assert convergence_epoch(values, threshold=1.0) == 1
    assert convergence_epoch(values, threshold=0.99) is None


def test_a_slow_slide_does_not_pass():
    sliding = [100 - 0.5 * epoch for epoch in range(60)]
    assert convergence_epoch(sliding, threshold=1) is None
    assert convergence_epoch(sliding, window=3, threshold=1) == 1


def test_negative_estimates_are_numbers_like_others():
    assert convergence_epoch([3.0, *[-0.2, 0.1] * 5], threshold=0.5) == 2


@pytest.mark.parametrize("gap", [None, math.nan, math.inf])
def test_no_window_holds_an_epoch_without_a_figure(gap):
    assert convergence_epoch([1.0] * 5 + [gap] + [1.0] * 10, threshold=1) == 7
    assert convergence_epoch([1.0] * 9 + [gap] + [1.0] * 9, threshold=1) is None


@given(
    st.lists(st.floats(-10, 10), max_size=30),
    st.integers(2, 6),
    st.floats(0, 10),
)
def test_equals_a_plain_search(values, window, threshold):
    found = [
        start + 1
        for start in range(len(values))
        if len(values[start : start + window]) == window
        and all(
            abs(a - b) <= threshold
            for a in values[start : start + window]
            for b in values[start : start + window]
        )
    ]
    assert convergence_epoch(values, window, threshold) == (found[0] if found else None)


def test_reached_is_the_first_time():
    values = [None, 9.0, math.nan, 4.0, 6.0, 3.0]
    assert reached(values, 5.0) == 4
    assert reached(values, 4.0) == 4
    assert reached(values, 10.0) == 2
    assert reached(values, 1.0) is None
    assert reached([], 1.0) is None
