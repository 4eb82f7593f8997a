"""A value as text in a cell of a table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from xaitool.cli.tables.cells import cell


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (1 / 3, "0.333333"),
        (1234567.0, "1.23457e+06"),
        (float("nan"), "nan"),
        (1234567, "1234567"),
        (True, "True"),
        (np.float64(2 / 3), "0.666667"),
        (torch.tensor(0.25), "0.25"),
        ({"cat": 0.5, "dog": None}, "cat:0.5 dog:"),
    ],
)
def test_numbers_have_six_digits_and_nothing_is_empty(value: Any, text: str) -> None:
    assert cell(value) == text


def test_no_text_breaks_the_table() -> None:
    assert cell("a\tb\r\nc") == "a b  c"
    assert cell({"a\tb": "c\nd"}) == "a b:c d"
