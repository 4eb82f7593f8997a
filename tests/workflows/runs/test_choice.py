"""Which epoch is best."""

from __future__ import annotations

from typing import Any

import pytest

from xaitool.workflows.runs.choice import Choice


@pytest.mark.parametrize(
    ("better", "value", "best", "improves"),
    [
        ("higher", 2.0, 1.0, True),
        ("higher", 1.0, 1.0, False),
        ("lower", 1.0, 2.0, True),
        ("lower", 2.0, 1.0, False),
        ("lower", None, 1.0, True),
        ("lower", 1.0, None, True),
    ],
)
def test_which_epoch_is_best(better: Any, value: Any, best: Any, improves: bool) -> None:
    assert Choice("fid", better).improves(value, best) == improves
