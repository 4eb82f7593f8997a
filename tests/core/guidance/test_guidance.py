"""Guidance: what each mask is, and that making it leaves no trace."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn

from xaitool import registry
from xaitool.core.guidance.base import guide, magnitude_mask
from xaitool.core.models.mlp_gan import MLPDiscriminator

SHAPE = (1, 6, 6)


def images(count: int, seed: int) -> Tensor:
    random = torch.Generator().manual_seed(seed)
    return torch.rand(count, *SHAPE, generator=random, dtype=torch.float64) * 2 - 1


def linear_discriminator() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(36, 1)).double()


def linear_weight(discriminator: nn.Sequential) -> Tensor:
    layer = discriminator[1]
    assert isinstance(layer, nn.Linear)
    return layer.weight.detach()


def mask_of(name: str, discriminator: nn.Module, **options: object) -> Tensor:
    random = torch.Generator().manual_seed(3)
    guidance = registry.load("guidance", name)(**options)
    mask: Tensor = guidance.mask(images(5, seed=1), discriminator, images(8, seed=2), random)
    return mask


def normalised(values: Tensor) -> Tensor:
    return values.abs() / values.abs().amax((1, 2, 3), keepdim=True)


def test_shap_mask_of_a_linear_discriminator_is_its_closed_form() -> None:
    discriminator = linear_discriminator()
    weight = linear_weight(discriminator).view(SHAPE)
    mask = mask_of("shap", discriminator, references=4, output="logit")
    chosen = torch.randint(8, (20,), generator=torch.Generator().manual_seed(3))
    mean_reference = images(8, seed=2)[chosen].unflatten(0, (5, 4)).mean(1)
    expected = normalised(weight * (images(5, seed=1) - mean_reference))
    torch.testing.assert_close(mask, expected, rtol=1e-12, atol=1e-12)


def test_shap_mask_with_one_reference_is_the_same_for_logit_and_probability() -> None:
    discriminator = MLPDiscriminator(SHAPE).double()
    logit = mask_of("shap", discriminator, references=1, output="logit")
    probability = mask_of("shap", discriminator, references=1, output="probability")
    torch.testing.assert_close(logit, probability, rtol=1e-9, atol=1e-12)


def test_saliency_mask_of_a_linear_discriminator_is_its_weight() -> None:
    discriminator = linear_discriminator()
    weight = linear_weight(discriminator).view(1, *SHAPE)
    mask = mask_of("saliency", discriminator, output="logit")
    torch.testing.assert_close(mask, normalised(weight).expand(5, -1, -1, -1))


@pytest.mark.parametrize("name", [name for name in registry.names("guidance") if name != "none"])
def test_every_mask_is_in_range_and_leaves_the_discriminator_alone(name: str) -> None:
    torch.manual_seed(0)
    discriminator = MLPDiscriminator(SHAPE).double().train()
    before = copy.deepcopy(discriminator.state_dict())
    first, second = mask_of(name, discriminator), mask_of(name, discriminator)
    assert first.shape == (5, *SHAPE)
    assert torch.isfinite(first).all()
    assert first.min() >= 0
    torch.testing.assert_close(first.amax((1, 2, 3)), torch.ones(5, dtype=torch.float64))
    torch.testing.assert_close(first, second, rtol=0, atol=0)  # eval mode: no dropout
    assert discriminator.training
    assert all(parameter.requires_grad for parameter in discriminator.parameters())
    assert all(parameter.grad is None for parameter in discriminator.parameters())
    for key, value in discriminator.state_dict().items():
        assert torch.equal(value, before[key])


def test_no_guidance_has_no_mask() -> None:
    assert mask_of("none", linear_discriminator()) is None


def test_a_sample_without_evidence_keeps_its_gradient() -> None:
    values = torch.zeros(2, *SHAPE)
    values[1, 0, 0, 0] = -3.0
    mask = magnitude_mask(values)
    assert (mask[0] == 1).all()
    assert mask[1].sum() == 1
    assert mask[1, 0, 0, 0] == 1


def test_tiny_values_do_not_overflow() -> None:
    mask = magnitude_mask(torch.full((1, *SHAPE), 1e-44))
    assert torch.isfinite(mask).all()
    assert mask.max() <= 1


def test_guide_multiplies() -> None:
    gradient, mask = images(2, seed=5), images(2, seed=6).abs()
    assert torch.equal(guide(gradient, mask), gradient * mask)
