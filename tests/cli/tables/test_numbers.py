"""Four significant digits, and two of what is uncertain."""

from __future__ import annotations

import math

import pytest

from xaitool.cli.tables.numbers import estimate, shown
from xaitool.cli.tables.page import Page


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.48746518, "0.4875"),
        (12.345678, "12.35"),
        (1234.56, "1235"),
        (123456.7, "123457"),
        (0.000012345, "1.234e-05"),
        (-0.5, "-0.5"),
        (0.0, "0"),
        (math.nan, "nan"),
        (1e300, "1e+300"),
        (12345, "12345"),
        (True, "yes"),
        (None, "-"),
        ("a\tb\x1b[31m", r"a b\x1b[31m"),
        ({"colour": "red", "size": 2}, "colour red, size 2"),
    ],
)
def test_a_value(value: object, text: str) -> None:
    assert shown(value) == text


@pytest.mark.parametrize(
    ("value", "low", "high", "text"),
    [
        (0.487465, 0.436167, 0.539029, "0.4875 [0.436, 0.539]"),
        (0.99951, 0.99912, 0.99983, "0.9995 [0.9991, 0.9998]"),
        (0.0, 0.0, 0.0126, "0 [0.000, 0.013]"),
        (1.0, 1.0, 1.0, "1 [1.0, 1.0]"),
        (-312.44, -340.1, -290.0, "-312.4 [-340, -290]"),
        (None, None, None, "-"),
    ],
)
def test_an_interval_has_two_digits_of_its_half_width(
    value: float | None, low: float | None, high: float | None, text: str
) -> None:
    assert estimate({"value": value, "low": low, "high": high}, Page()) == text


def test_a_standard_deviation_has_two_digits() -> None:
    row = {"value": 0.8125, "std": 0.053033}
    assert estimate(row, Page()) == "0.8125 ± 0.053"
    assert estimate(row, Page(ascii=True)) == "0.8125 +- 0.053"
    assert estimate({"value": 6160.9, "std": 41.7}, Page()) == "6161 ± 42"
    assert estimate({"value": 0.5, "std": 1e-17}, Page()) == "0.5 ± 0"
    assert estimate({"value": 0.02702703, "std": 4.4e-9}, Page()) == "0.02703 ± 0"
    assert estimate({"value": 0.5, "std": None}, Page()) == "0.5"
