"""Explanations of a discriminator: closed forms, oracles, and that they leave no trace."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.core.guidance.networks import (
    SHAPE,
    images,
    linear_discriminator,
    linear_weight,
    mlp,
    values_of,
)
from xaitool import registry
from xaitool.core.guidance.evidence import References, load_evidence
from xaitool.errors import ConfigError, ModelError, UnknownNameError

NAMES = registry.names("guidance")


def test_gradients_of_a_linear_discriminator() -> None:
    discriminator = linear_discriminator()
    weight = linear_weight(discriminator)
    torch.testing.assert_close(values_of("saliency", discriminator), weight.expand(5, *SHAPE))
    expected = weight * images(5, seed=1)
    torch.testing.assert_close(values_of("input-x-gradient", discriminator), expected)


@pytest.mark.parametrize("name", NAMES)
def test_the_discriminator_is_left_alone(name: str) -> None:
    discriminator = mlp().train()
    discriminator.layers[1].weight.requires_grad_(False)
    flags = [parameter.requires_grad for parameter in discriminator.parameters()]
    before = copy.deepcopy(discriminator.state_dict())
    state = torch.get_rng_state()
    first, second = (values_of(name, discriminator, None) for _ in range(2))
    assert first.shape == (5, *SHAPE)
    assert not first.requires_grad
    assert torch.isfinite(first).all()
    torch.testing.assert_close(first, second, rtol=0, atol=0)  # eval mode: no dropout
    assert torch.equal(state, torch.get_rng_state())
    assert discriminator.training
    assert [parameter.requires_grad for parameter in discriminator.parameters()] == flags
    assert all(parameter.grad is None for parameter in discriminator.parameters())
    for key, value in discriminator.state_dict().items():
        assert torch.equal(value, before[key])


def test_a_function_of_the_user() -> None:
    seen: list[Any] = []

    def ours(generated: Tensor, discriminator: nn.Module, references: Tensor | None) -> Tensor:
        seen.append((discriminator.training, references))
        return generated * 2

    discriminator = mlp().train()
    found = values_of(ours, discriminator, References(images(3, seed=2)))
    torch.testing.assert_close(found, images(5, seed=1) * 2)
    ((training, references),) = seen
    assert not training
    assert discriminator.training
    assert references.shape == (5, 3, *SHAPE)


def test_a_function_that_returns_something_else() -> None:
    with pytest.raises(ModelError, match=r"returned \(5,\), but a tensor \(5, 1, 6, 6\) is wanted"):
        values_of(lambda generated, *_: generated.sum((1, 2, 3)), mlp())
    with pytest.raises(ModelError, match="returned NoneType"):
        values_of(lambda *_: None, mlp())


def test_a_function_that_fails() -> None:
    def ours(*_: Any) -> Tensor:
        raise ValueError("two\nlines")

    with pytest.raises(ModelError, match=r"fails on \(5, 1, 6, 6\) \(ValueError: two lines\)"):
        values_of(ours, mlp())
    with pytest.raises(ConfigError, match="has no option 'steps'"):
        load_evidence(ours, options=["steps=7"])


def test_options() -> None:
    assert load_evidence("integrated-gradients", options=["steps=7"]).options.steps == 7  # type: ignore[attr-defined]
    with pytest.raises(ConfigError, match="has no option 'steps'"):
        load_evidence("shap", options=["steps=7"])
    with pytest.raises(UnknownNameError, match="unknown guidance 'shapp'"):
        load_evidence("shapp")
    with pytest.raises(UnknownNameError, match="unknown guidance 'nothing'"):
        load_evidence("random", options=["of=nothing"])
