"""What controls make of the mask that they spoil."""

from __future__ import annotations

import torch
from torch import Tensor

from tests.core.guidance.networks import mlp, values_of
from xaitool.core.guidance.controls import Control
from xaitool.core.guidance.evidence import load_evidence


def random_mask() -> Tensor:
    return torch.rand(4, 3, 5, 5, generator=torch.Generator().manual_seed(0))


def test_the_random_control_permutes_the_pixels_of_each_sample() -> None:
    mask = random_mask()
    control = load_evidence("random")
    found = control.reshape(mask, torch.Generator().manual_seed(1))
    again = control.reshape(mask, torch.Generator().manual_seed(1))
    other = control.reshape(mask, torch.Generator().manual_seed(2))
    assert torch.equal(found, again)
    assert not torch.equal(found, other)
    for before, after in zip(mask, found, strict=True):
        pixels = {tuple(pixel) for pixel in before.flatten(1).T.tolist()}
        assert {tuple(pixel) for pixel in after.flatten(1).T.tolist()} == pixels
        assert not torch.equal(before, after)


def test_the_constant_control_keeps_the_size_alone() -> None:
    mask = random_mask()
    found = load_evidence("constant").reshape(mask, torch.Generator())
    torch.testing.assert_close(found.mean((1, 2, 3)), mask.mean((1, 2, 3)))
    assert all(torch.unique(sample).numel() == 1 for sample in found)


def test_controls_explain_as_what_they_spoil() -> None:
    discriminator = mlp()
    for name in ("random", "constant"):
        assert load_evidence(name).references == 1
        assert load_evidence(name, options=["of=saliency"]).references == 0
        found = values_of(name, discriminator, options=["of=saliency"])
        torch.testing.assert_close(found, values_of("saliency", discriminator))


def test_a_control_is_one_of_shap_unless_another_is_named() -> None:
    control = load_evidence("random")
    assert isinstance(control, Control)
    assert control.references == load_evidence("shap").references
    assert load_evidence("constant", options=["of=saliency"]).compares is False
    assert control.compares
