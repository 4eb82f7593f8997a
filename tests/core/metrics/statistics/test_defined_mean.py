"""A mean of what is defined, and how much is not."""

from __future__ import annotations

import torch

from xaitool.core.metrics.statistics.defined_mean import defined_mean


def test_nothing_defined_has_no_mean():
    mean = defined_mean(torch.full((3,), torch.nan))
    assert (mean.value, mean.count, mean.undefined) == (None, 0, 3)


def test_what_is_nan_is_left_out_and_counted():
    mean = defined_mean(torch.tensor([1.0, torch.nan, 4.0, torch.nan, 4.0]))
    assert (mean.value, mean.count, mean.undefined) == (3.0, 3, 2)


def test_infinity_is_a_value():
    assert defined_mean(torch.tensor([torch.inf, 1.0])).value == float("inf")


def test_the_mean_is_in_float64():
    """In float32 a sum of 2 ** 24 + 1 ones of this size stands still."""
    values = torch.tensor([2.0**24, 1.0, 1.0], dtype=torch.float32)
    assert defined_mean(values).value == (2**24 + 2) / 3
