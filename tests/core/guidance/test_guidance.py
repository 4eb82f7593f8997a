"""What guidance does to a gradient, in a loop of one's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import xaitool
from tests.core.guidance.networks import SHAPE, images, linear_discriminator, linear_weight
from xaitool.core.guidance.evidence import References
from xaitool.core.guidance.options import GuidanceOptions
from xaitool.errors import ConfigError, ModelError, UnknownNameError


def gradient_at(guidance: xaitool.Guidance, discriminator: nn.Module, **given: object) -> Tensor:
    """What reaches the generated images of the loss -sum of logits."""
    generated = images(5, seed=1).requires_grad_()
    guided = guidance.guided(generated, discriminator, images(4, seed=2), **given)
    assert torch.equal(guided.images, generated)
    (-discriminator(guided.images).sum()).backward()
    assert generated.grad is not None
    return generated.grad


def expected_mask(discriminator: nn.Sequential) -> Tensor:
    """Of a linear discriminator: the pixels that speak for fake."""
    values = linear_weight(discriminator) * (images(5, seed=1) - images(4, seed=2).mean(0))
    fake = (-values).clamp(min=0)
    return fake / fake.amax((1, 2, 3), keepdim=True)


def test_the_gradient_is_masked_by_the_closed_form() -> None:
    discriminator = linear_discriminator()
    found = gradient_at(xaitool.Guidance("shap", evidence="fake"), discriminator)
    expected = -linear_weight(discriminator) * expected_mask(discriminator)
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-12)


def test_strength_zero_is_the_plain_gradient_bit_for_bit() -> None:
    discriminator = linear_discriminator()
    plain = -linear_weight(discriminator).expand(5, *SHAPE)
    for mask in ("pure", "boost"):
        guidance = xaitool.Guidance("shap", mask=mask, mask_strength=0, mask_offset=0.3)
        assert torch.equal(gradient_at(guidance, discriminator), plain)
    guidance = xaitool.Guidance("shap")
    assert torch.equal(gradient_at(guidance, discriminator, strength=0.0), plain)


def test_boost() -> None:
    discriminator = linear_discriminator()
    guidance = xaitool.Guidance("shap", evidence="fake", mask="boost", mask_strength=0.2)
    found = gradient_at(guidance, discriminator)
    expected = -linear_weight(discriminator) * (1 + 0.2 * expected_mask(discriminator))
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-12)


def test_only_what_is_judged_fake() -> None:
    discriminator = linear_discriminator()
    guidance = xaitool.Guidance("shap", evidence="fake", mask_samples="fake")
    found = gradient_at(guidance, discriminator)
    fake = discriminator(images(5, seed=1)).flatten() < 0
    assert 0 < fake.sum() < 5
    plain = -linear_weight(discriminator).expand(5, *SHAPE)
    torch.testing.assert_close(found[fake], (plain * expected_mask(discriminator))[fake])
    assert torch.equal(found[~fake], plain[~fake])


class AsUsersHaveThem(nn.Module):
    """`linear_discriminator`, which writes into its images."""

    def __init__(self, returned: Callable[[Tensor], Any]) -> None:
        super().__init__()
        self.linear = linear_discriminator()
        self.returned = returned

    def forward(self, generated: Tensor) -> Any:
        images = generated.clone()
        generated.zero_()
        return self.returned(self.linear(images))


@pytest.mark.parametrize("samples", ["all", "fake"])
@pytest.mark.parametrize("xai", ["shap", "deeplift", "integrated-gradients", "function"])
@pytest.mark.parametrize(
    "returned",
    [
        lambda column: column.flatten(),
        lambda column: column[:, :, None, None],
        lambda column: (column, "beside"),
        lambda column: {"logits": column, "again": column},
    ],
)
def test_every_discriminator_that_train_gan_takes(
    returned: Callable[[Tensor], Any], xai: str, samples: str
) -> None:
    def slope(generated: Tensor, network: nn.Module, references: Tensor | None) -> Tensor:
        leaf = generated.requires_grad_()
        (found,) = torch.autograd.grad(network(leaf).sum(), leaf)
        generated.data.zero_()
        assert network.linear[1].out_features == 1  # type: ignore[index, union-attr]
        return found

    guidance = xaitool.Guidance(slope if xai == "function" else xai, mask_samples=samples)
    plain = xaitool.Guidance("saliency" if xai == "function" else xai, mask_samples=samples)
    references, gradients = images(4, seed=2), []
    for one, network in (
        (plain, linear_discriminator()),
        (guidance, AsUsersHaveThem(returned)),
    ):
        leaf = images(5, seed=1).requires_grad_()
        generated = leaf * 1
        guided = one(generated, network, references)
        assert torch.equal(generated, leaf)
        guided.sum().backward()
        gradients.append(leaf.grad)
    torch.testing.assert_close(*gradients)
    assert torch.equal(references, images(4, seed=2))


def test_a_discriminator_of_patches_is_refused() -> None:
    with pytest.raises(ModelError, match=r"the discriminator returns \(5, 2, 3, 3\) for images"):
        xaitool.Guidance("shap")(images(5, seed=1), nn.Conv2d(1, 2, 4).double(), None)


def test_a_boundary_elsewhere() -> None:
    discriminator = linear_discriminator()
    everything = gradient_at(xaitool.Guidance("shap"), discriminator)
    guidance = xaitool.Guidance("shap", mask_samples="fake", boundary=1e6)
    torch.testing.assert_close(gradient_at(guidance, discriminator), everything)


def test_what_other_paths_get_is_not_masked() -> None:
    discriminator = linear_discriminator()
    generated = images(2, seed=1).requires_grad_()
    xaitool.Guidance("shap")(generated, discriminator, images(2, seed=2))
    discriminator(generated).sum().backward()
    assert generated.grad is not None
    torch.testing.assert_close(
        generated.grad, linear_weight(discriminator).expand_as(generated), rtol=0, atol=0
    )


def test_references_are_one_for_shap_unless_asked() -> None:
    assert xaitool.Guidance("shap").references == 1
    assert xaitool.Guidance("deeplift").references == 0
    assert xaitool.Guidance("integrated-gradients", references=3).references == 3
    assert xaitool.Guidance("shap", options=GuidanceOptions(references=7)).references == 7


def test_references_of_integrated_gradients() -> None:
    discriminator = linear_discriminator()
    guidance = xaitool.Guidance("integrated-gradients", evidence="signed")
    mask = guidance.mask(images(5, seed=1), discriminator, References(images(4, seed=2)))
    values = linear_weight(discriminator) * (images(5, seed=1) - images(4, seed=2).mean(0))
    expected = values / values.abs().amax((1, 2, 3), keepdim=True)
    torch.testing.assert_close(mask.values, expected, rtol=1e-9, atol=1e-12)


def test_bad_options() -> None:
    with pytest.raises(UnknownNameError, match="unknown evidence 'fak'; did you mean 'fake'"):
        xaitool.Guidance("shap", evidence="fak")
    with pytest.raises(ConfigError, match="Guidance has no option 'strength'"):
        xaitool.Guidance("shap", strength=1)
    with pytest.raises(UnknownNameError, match="did you mean 'shap'"):
        xaitool.Guidance("shapp")


def test_without_a_generator_of_its_own_a_control_draws_anew() -> None:
    guidance, discriminator = xaitool.Guidance("random"), linear_discriminator()
    torch.manual_seed(5)
    first, second = (gradient_at(guidance, discriminator) for _ in range(2))
    assert not torch.equal(first, second)
    torch.manual_seed(5)
    assert torch.equal(gradient_at(guidance, discriminator), first)
