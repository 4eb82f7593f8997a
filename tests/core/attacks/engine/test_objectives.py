"""What attacks maximise, and what becomes of gradients that are masked."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from tests.core.attacks.linear_pair import IMAGES, LABELS, Pair, run
from xaitool import registry
from xaitool.core.attacks.engine.objectives import logit_ratio, margin, margin_gradient
from xaitool.errors import ModelError


def test_margin_of_negative_logits() -> None:
    logits = torch.tensor([[-5.0, -1, -3], [4, 2, 9], [1, 1, 0]])
    labels = torch.tensor([1, 2, 0])
    assert margin(logits, labels).tolist() == [-2, -5, 0]
    assert margin(logits, torch.tensor([0, 0, 2])).tolist() == [4, 5, 1]


def test_gradient_of_the_margin() -> None:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(20, 5, dtype=torch.float64, generator=generator).requires_grad_()
    labels = torch.randint(0, 5, (20,), generator=generator)
    (expected,) = torch.autograd.grad(margin(logits, labels).sum(), logits)
    assert margin_gradient(logits.detach(), labels).equal(expected)
    assert torch.autograd.gradcheck(lambda values: margin(values, labels), logits)


def test_cw_on_negative_logits() -> None:
    class Negative(nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            move = (0.5 - images).flatten(1).sum(1, keepdim=True)
            return torch.tensor([-5.0, -1, -3]).to(images) + move * torch.tensor([0, -1, 0.0]).to(
                images
            )

    assert Negative()(IMAGES)[0].tolist() == [-5, -1, -3]
    result = run("cw-l2", Negative(), steps=200, initial_constant=0.1)
    # Two logits over 20 pixels of slope 1.
    assert float(result.l2) == pytest.approx(2 / 20**0.5, rel=0.01)


def test_ratio_has_no_scale() -> None:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(50, 7, dtype=torch.float64, generator=generator)
    labels = torch.randint(0, 7, (50,), generator=generator)
    ratio = logit_ratio(logits, labels)
    torch.testing.assert_close(logit_ratio(1e5 * logits + 3, labels), ratio)
    ordered = logits.sort(1, descending=True).values
    true = logits[torch.arange(50), labels]
    is_first = true == ordered[:, 0]
    rival = torch.where(is_first, ordered[:, 1], ordered[:, 0])
    torch.testing.assert_close(ratio, -(true - rival) / (ordered[:, 0] - ordered[:, 2]))
    assert logit_ratio(torch.zeros(1, 3), torch.tensor([0])).tolist() == [0]


def test_ratio_of_three_classes_but_not_of_two() -> None:
    assert run("apgd-dlr", Pair(1.0), epsilon=0.2).success.all()
    two = nn.Sequential(nn.Flatten(), nn.Linear(20, 2)).double()
    with pytest.raises(ModelError, match="at least 3 classes is wanted by AutoPgdLogitRatio"):
        run("apgd-dlr", two)


SATURATED: list[tuple[str, dict[str, Any]]] = [
    ("fgsm", {}),
    ("bim", {}),
    ("mim", {}),
    ("pgd", {}),
    ("apgd-ce", {}),
]


@pytest.mark.parametrize(("name", "options"), SATURATED)
def test_a_saturated_softmax_is_reported(name: str, options: dict[str, Any]) -> None:
    model = Pair(lead=1.0, scale=1e4)
    for loss in ({}, {"loss": "margin"}) if name != "apgd-ce" else ({},):
        result = run(name, model, epsilon=0.2, **options, **loss)
        masked = not loss
        assert result.zero_gradient.equal(torch.tensor([masked]))
        assert result.success.equal(torch.tensor([not masked]))
    if name not in ("pgd", "apgd-ce"):
        assert run(name, model, epsilon=0.2, **options).images.equal(IMAGES)


@pytest.mark.parametrize("name", ["apgd-dlr", "square", "spsa", "cw-l2"])
def test_the_others_are_not_deceived(name: str) -> None:
    options: dict[str, Any] = (
        {"steps": 50, "search_steps": 3} if name == "cw-l2" else {"epsilon": 0.2}
    )
    result = run(name, Pair(lead=1.0, scale=1e4), **options)
    assert result.success.all()
    assert not result.zero_gradient.any()


@pytest.mark.parametrize("name", ["apgd-dlr", "cw-l2", "spsa", "mim"])
def test_a_constant_classifier_has_no_gradient(name: str) -> None:
    class Constant(nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            return images.flatten(1)[:, :3] * 0 + torch.tensor([0.0, 5, 1])

    attack = registry.load("attack", name)(steps=20)
    result = attack.run(Constant(), IMAGES.float(), LABELS, generator=torch.Generator())
    assert result.zero_gradient.all()
    assert not result.success.any()
    assert result.images.isfinite().all()


class Leaking(nn.Module):
    """A classifier of three constant logits that lets `leak` of the image through to one."""

    def __init__(self, leak: float) -> None:
        super().__init__()
        self.leak = leak

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        logits = torch.tensor([0.0, 5, 1]).to(images).expand(len(images), 3)
        seen = self.leak * images.flatten(1).sum(1, keepdim=True)
        return logits + torch.cat([torch.zeros_like(seen).expand(-1, 2), seen], 1)


@pytest.mark.parametrize("name", ["fgsm", "bim", "mim", "pgd", "apgd-ce", "apgd-dlr", "cw-l2"])
def test_rounding_noise_is_no_gradient(name: str) -> None:
    def is_zero(leak: float, dtype: torch.dtype) -> bool:
        budget = {"steps": 20} if name == "cw-l2" else {"epsilon": 8 / 255}
        attack = registry.load("attack", name)(**budget)
        result = attack.run(
            Leaking(leak), IMAGES.to(dtype), LABELS, generator=torch.Generator().manual_seed(0)
        )
        return bool(result.zero_gradient.all())

    assert is_zero(1e-8, torch.float32)
    # Double precision sees it, and a gradient that moves the logits is one in any precision.
    assert not is_zero(1e-8, torch.float64)
    assert not is_zero(1e-2, torch.float32)


@pytest.mark.parametrize("name", ["fgsm", "pgd", "apgd-ce"])
def test_a_confident_classifier_has_a_gradient(name: str) -> None:
    result = run(name, Pair(lead=1.0, scale=30.0), epsilon=0.01)
    assert not result.zero_gradient.any()
