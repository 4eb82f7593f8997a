"""Probabilities of classes, and what is none."""

from __future__ import annotations

import math

import pytest
import torch

from xaitool.core.metrics.classification.class_probabilities import (
    check_probabilities,
    class_probabilities,
)
from xaitool.errors import ShapeError


def test_probabilities_of_logits() -> None:
    logits = torch.tensor([[0.0, math.log(3)]], dtype=torch.float64)
    softmax = class_probabilities(logits, one_vs_all=False)
    torch.testing.assert_close(softmax, torch.tensor([[0.25, 0.75]], dtype=torch.float64))
    sigmoid = class_probabilities(logits, one_vs_all=True)
    torch.testing.assert_close(sigmoid, torch.tensor([[0.5, 0.75]], dtype=torch.float64))


def test_large_logits_are_probabilities_too() -> None:
    logits = torch.tensor([[1e4, -1e4, 0.0]])
    assert class_probabilities(logits, one_vs_all=False).tolist() == [[1, 0, 0]]
    assert class_probabilities(logits, one_vs_all=True).tolist() == [[1, 0, 0.5]]


@pytest.mark.parametrize(
    "probabilities",
    [torch.ones(4), torch.ones(4, 1), torch.ones(4, 2).long(), torch.ones(4, 2, 2)],
)
def test_what_is_no_batch_of_probabilities_is_refused(probabilities: torch.Tensor) -> None:
    with pytest.raises(ShapeError, match=r"but floating \(samples, classes\) with at least 2"):
        check_probabilities(probabilities, torch.zeros(4, dtype=torch.int64))


def test_labels_that_do_not_fit_are_refused() -> None:
    probabilities = torch.full((4, 2), 0.5)
    check_probabilities(probabilities, torch.tensor([0, 1, 1, 0]))
    with pytest.raises(ShapeError, match=r"labels are torch\.int64 \(3,\), but int64 \(4,\)"):
        check_probabilities(probabilities, torch.tensor([0, 1, 1]))
    with pytest.raises(ShapeError, match=r"labels are torch\.int32 \(4,\)"):
        check_probabilities(probabilities, torch.zeros(4, dtype=torch.int32))
