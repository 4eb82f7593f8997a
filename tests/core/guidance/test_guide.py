"""What a mask does to a gradient, written out."""

from __future__ import annotations

import torch
from torch import Tensor

from tests.core.guidance.networks import images
from xaitool.core.guidance.guide import guide


def tensors() -> tuple[Tensor, Tensor]:
    return images(3, seed=5), images(3, seed=6).abs()


def test_guide_written_out() -> None:
    gradient, mask = tensors()
    assert torch.equal(guide(gradient, mask), gradient * mask)
    cases = [
        ({"strength": 0.25}, 0.75 + 0.25 * mask),
        ({"offset": 0.1}, mask + 0.1),
        ({"combination": "boost", "strength": 0.2, "offset": -0.5}, 1 + 0.2 * (mask - 0.5)),
    ]
    for options, factor in cases:
        found = guide(gradient, mask, **options)  # type: ignore[arg-type]
        torch.testing.assert_close(found, gradient * factor)


def test_rescaling_takes_the_size_away() -> None:
    gradient, mask = tensors()
    found = guide(gradient, mask, rescale=True)
    torch.testing.assert_close(found, guide(gradient, mask * 0.01, rescale=True))
    factor = found / gradient
    torch.testing.assert_close(factor.mean((1, 2, 3)), torch.ones(3, dtype=torch.float64))
    nothing = guide(gradient, torch.zeros_like(mask), rescale=True)
    assert torch.equal(nothing, torch.zeros_like(nothing))
