"""Which column of the logits is a sample's own class."""

from __future__ import annotations

import torch

from xaitool.core.losses.true_class import is_true_class


def test_one_column_a_sample() -> None:
    own = is_true_class(torch.tensor([2, 0, 2]), 4)
    assert own.dtype == torch.bool
    assert own.int().tolist() == [[0, 0, 1, 0], [1, 0, 0, 0], [0, 0, 1, 0]]


def test_of_no_samples_there_are_no_rows() -> None:
    assert is_true_class(torch.zeros(0, dtype=torch.int64), 4).shape == (0, 4)
