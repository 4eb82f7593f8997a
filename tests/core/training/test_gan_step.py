"""One GAN step, against the same step written with plain autograd."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from xaitool import registry
from xaitool.core.guidance.guidance import GuidedImages
from xaitool.core.guidance.guide import guide
from xaitool.core.guidance.mask import Mask
from xaitool.core.objectives.bce import BinaryCrossEntropy
from xaitool.core.training.gan_step import Guide, gan_step

SHAPE = (1, 4, 4)


def fixed(mask: Tensor) -> Guide:
    """Guides by a mask that is given."""

    def guided(generated: Tensor) -> GuidedImages:
        images = generated.view_as(generated)
        images.register_hook(lambda gradient: guide(gradient, mask))
        return GuidedImages(images, Mask(mask, torch.tensor([True, False, False] * 2)))

    return guided


def networks() -> tuple[nn.Module, nn.Module]:
    torch.manual_seed(0)
    generator = nn.Sequential(nn.Linear(3, 16), nn.Tanh(), nn.Unflatten(1, SHAPE)).double()
    discriminator = nn.Sequential(
        nn.Flatten(), nn.Linear(16, 8), nn.LeakyReLU(0.2), nn.Linear(8, 1)
    ).double()
    return generator, discriminator


def optimisers(*modules: nn.Module) -> tuple[torch.optim.SGD, torch.optim.SGD]:
    first, second = (torch.optim.SGD(module.parameters(), lr=0.1) for module in modules)
    return first, second


def batch(count: int = 6) -> tuple[Tensor, Tensor]:
    random = torch.Generator().manual_seed(1)
    real = torch.rand(count, *SHAPE, generator=random, dtype=torch.float64) * 2 - 1
    return real, torch.randn(count, 3, generator=random, dtype=torch.float64)


def stepped(
    guided: Guide | None = None, objective: str = "bce", count: int = 6, **options: Any
) -> tuple[nn.Module, nn.Module, dict[str, Tensor]]:
    generator, discriminator = networks()
    real, noise = batch(count)
    values = gan_step(
        generator, discriminator, optimisers(generator, discriminator), real, noise,
        registry.load("objective", objective)(), torch.Generator().manual_seed(2), guide=guided,
        **options,
    )  # fmt: skip
    return generator, discriminator, values


def random_mask() -> Tensor:
    return torch.rand(6, *SHAPE, generator=torch.Generator().manual_seed(7), dtype=torch.float64)


def assert_same_weights(ours: nn.Module, theirs: nn.Module) -> None:
    for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-10, atol=1e-12)


def test_masked_step_equals_the_step_written_out() -> None:
    mask = random_mask()
    generator, discriminator, values = stepped(fixed(mask))

    plain_generator, plain_discriminator = networks()
    real, noise = batch()
    optimiser_g, optimiser_d = optimisers(plain_generator, plain_discriminator)
    fake = plain_generator(noise)
    real_p = plain_discriminator(real).sigmoid()
    fake_p = plain_discriminator(fake.detach()).sigmoid()
    loss_d = -(real_p.log().mean() + (1 - fake_p).log().mean())
    loss_d.backward()
    optimiser_d.step()
    leaf = fake.detach().requires_grad_()
    loss_g = -plain_discriminator(leaf).sigmoid().log().mean()
    (gradient,) = torch.autograd.grad(loss_g, leaf)
    fake.backward(gradient * mask)
    optimiser_g.step()

    assert_same_weights(generator, plain_generator)
    assert_same_weights(discriminator, plain_discriminator)
    torch.testing.assert_close(values["loss_d"], loss_d.detach())
    torch.testing.assert_close(values["loss_g"], loss_g.detach())
    torch.testing.assert_close(values["mask_mean"], mask.mean())
    assert values["unguided"].item() == pytest.approx(1 / 3)


def test_several_steps_of_the_discriminator_written_out() -> None:
    generator, discriminator, values = stepped(count=12, critic_steps=2)

    plain_generator, plain_discriminator = networks()
    real, noise = batch(12)
    optimiser_g, optimiser_d = optimisers(plain_generator, plain_discriminator)
    objective, losses = BinaryCrossEntropy(), []
    for some, latent in zip(real.chunk(2), noise.chunk(2), strict=True):
        fake = plain_generator(latent)
        loss = objective.discriminator_loss(
            plain_discriminator(some), plain_discriminator(fake.detach())
        )
        optimiser_d.zero_grad()
        loss.backward()
        optimiser_d.step()
        losses.append(loss.detach())
    optimiser_g.zero_grad()
    objective.generator_loss(plain_discriminator(fake)).backward()
    optimiser_g.step()

    assert_same_weights(generator, plain_generator)
    assert_same_weights(discriminator, plain_discriminator)
    torch.testing.assert_close(values["loss_d"], torch.stack(losses).mean())


def test_a_mask_of_ones_is_the_plain_gan_bit_for_bit() -> None:
    plain, _, _ = stepped()
    masked, _, _ = stepped(fixed(torch.ones(6, *SHAPE, dtype=torch.float64)))
    for one, other in zip(plain.parameters(), masked.parameters(), strict=True):
        assert torch.equal(one, other)


def test_the_discriminator_can_learn_again_afterwards() -> None:
    _, discriminator, values = stepped()
    assert all(parameter.requires_grad for parameter in discriminator.parameters())
    assert not any(value.requires_grad for value in values.values())


def test_what_the_user_has_frozen_stays_frozen() -> None:
    generator, discriminator = networks()
    frozen, *others = discriminator.parameters()
    frozen.requires_grad_(False)
    before = frozen.clone()
    real, noise = batch()
    gan_step(
        generator, discriminator, optimisers(generator, discriminator), real, noise,
        BinaryCrossEntropy(), torch.Generator(), guide=fixed(random_mask()),
    )  # fmt: skip
    assert not frozen.requires_grad
    assert torch.equal(frozen, before)
    assert all(parameter.requires_grad for parameter in others)


def test_the_generator_step_leaves_no_gradient_on_the_discriminator() -> None:
    _, discriminator, _ = stepped()
    generator, plain = networks()
    real, noise = batch()
    loss = BinaryCrossEntropy().discriminator_loss(plain(real), plain(generator(noise).detach()))
    expected = torch.autograd.grad(loss, list(plain.parameters()))
    for parameter, gradient in zip(discriminator.parameters(), expected, strict=True):
        assert parameter.grad is not None
        torch.testing.assert_close(parameter.grad, gradient)


def test_the_generators_gradient_is_clipped() -> None:
    free, _, _ = stepped()
    start, _ = networks()
    held, _, _ = stepped(clip=1e-3)

    def way(network: nn.Module) -> Tensor:
        pairs = zip(network.parameters(), start.parameters(), strict=True)
        return torch.cat([(one - other).flatten() for one, other in pairs])

    assert way(free).norm() > 1e-4  # the learning rate is 0.1
    torch.testing.assert_close(way(held).norm().item(), 1e-4, rtol=1e-3, atol=0)
    torch.testing.assert_close(way(held) / way(held).norm(), way(free) / way(free).norm())


@pytest.mark.parametrize("objective", registry.names("objective"))
def test_every_objective_takes_a_guided_step(objective: str) -> None:
    before, _ = networks()
    generator, _, values = stepped(fixed(random_mask()), objective)
    assert all(torch.isfinite(value) for value in values.values())
    for one, other in zip(generator.parameters(), before.parameters(), strict=True):
        assert not torch.equal(one, other)
