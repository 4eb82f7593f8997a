"""From explanations to masks, and what controls make of them."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tests.core.guidance.test_controls import random_mask
from xaitool.core.guidance.evidence import load_evidence
from xaitool.core.guidance.mask import mask_of


def explained() -> Tensor:
    """Two images of four pixels, of which the second is explained twice as strongly."""
    return torch.tensor([[1.0, -2.0, 0.0, 4.0], [-8.0, 4.0, 2.0, 0.0]]).view(2, 1, 2, 2)


def rows(mask: Tensor) -> list[list[float]]:
    found: list[list[float]] = mask.flatten(1).tolist()
    return found


@pytest.mark.parametrize(
    ("evidence", "normalisation", "wanted"),
    [
        ("fake", "sample", [[0, 1, 0, 0], [1, 0, 0, 0]]),
        ("real", "sample", [[0.25, 0, 0, 1], [0, 1, 0.5, 0]]),
        ("absolute", "sample", [[0.25, 0.5, 0, 1], [1, 0.5, 0.25, 0]]),
        ("signed", "sample", [[0.25, -0.5, 0, 1], [-1, 0.5, 0.25, 0]]),
        ("absolute", "batch", [[0.125, 0.25, 0, 0.5], [1, 0.5, 0.25, 0]]),
        ("fake", "batch", [[0, 0.25, 0, 0], [1, 0, 0, 0]]),
        ("signed", "sample-range", [[0.5, 0, 1 / 3, 1], [0, 1, 10 / 12, 8 / 12]]),
        ("signed", "batch-range", [[9 / 12, 0.5, 8 / 12, 1], [0, 1, 10 / 12, 8 / 12]]),
        ("signed", "none", [[1, -1, 0, 1], [-1, 1, 1, 0]]),
    ],
)
def test_masks_by_hand(evidence: str, normalisation: str, wanted: list[list[float]]) -> None:
    mask = mask_of(explained(), evidence=evidence, normalisation=normalisation)
    torch.testing.assert_close(mask.values.flatten(1), torch.tensor(wanted, dtype=torch.float32))
    assert not mask.empty.any()


@pytest.mark.parametrize(
    "normalisation", ["sample", "batch", "sample-range", "batch-range", "none"]
)
def test_a_sample_without_evidence_keeps_its_gradient(normalisation: str) -> None:
    values = torch.zeros(3, 1, 2, 2)
    values[1, 0, 0, 0] = -0.5
    values[2, 0, 0, 0] = 0.5  # speaks for real only
    mask = mask_of(values, evidence="fake", normalisation=normalisation)
    assert mask.empty.tolist() == [True, False, True]
    assert (mask.values[[0, 2]] == 1).all()
    assert (mask.values[1].flatten()[1:] == 0).all()


def test_a_mask_that_is_all_zero_is_empty_too() -> None:
    # Equal values have no range; the first image's are the batch's smallest.
    values = torch.tensor([[1.0, 1.0], [2.0, 3.0]]).view(2, 1, 1, 2)
    for normalisation in ("sample-range", "batch-range"):
        mask = mask_of(values, evidence="signed", normalisation=normalisation)
        assert mask.empty.tolist() == [True, False]
        assert (mask.values[0] == 1).all()


def test_masks_of_odd_values_are_finite() -> None:
    values = torch.tensor([[1e-44, -1e-44, torch.nan, 0.0]]).view(1, 1, 2, 2)
    for evidence in ("fake", "real", "absolute", "signed"):
        mask = mask_of(values, evidence=evidence).values
        assert torch.isfinite(mask).all()
        assert mask.abs().max() <= 1


def test_other_explanations_leave_the_mask() -> None:
    mask = random_mask()
    assert load_evidence("shap").reshape(mask, torch.Generator()) is mask
