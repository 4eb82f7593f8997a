"""Numbers of images as a row."""

from __future__ import annotations

import pytest
import torch

from xaitool.workflows.evaluation.attributions.image_values import ImageValues, joined


def test_a_row_leaves_out_what_is_undefined_and_counts_it() -> None:
    values = torch.tensor([1.0, float("nan"), 3.0], dtype=torch.float64)
    found = ImageValues("gini", values, torch.tensor([4, 5, 5]), {"pair": "a"}, {"others": 7})
    assert found.row() == {
        "metric": "gini",
        "value": 2.0,
        "n": 2,
        "std": pytest.approx(1.0),
        "undefined": 1,
        "pair": "a",
        "others": 7,
    }
    assert found.defined.values.tolist() == [1, 3]
    assert found.defined.images.tolist() == [4, 5]


def test_nothing_was_measured() -> None:
    row = ImageValues("gini", joined([]), joined([])).row()
    assert (row["value"], row["n"], row["std"]) == (None, 0, None)
