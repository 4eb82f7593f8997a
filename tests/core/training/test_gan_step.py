"""One GAN step, against the same step written with plain autograd."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from xaitool.core.guidance.base import Guidance
from xaitool.core.guidance.none import NoGuidance
from xaitool.core.training.gan_step import discriminator_loss, gan_step, generator_loss

SHAPE = (1, 4, 4)


class FixedMask(Guidance):
    """A mask that is given."""

    def __init__(self, mask: Tensor) -> None:
        super().__init__()
        self.fixed = mask

    def mask(
        self, generated: Tensor, discriminator: nn.Module, real: Tensor, random: torch.Generator
    ) -> Tensor:
        return self.fixed


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


def batch() -> tuple[Tensor, Tensor]:
    random = torch.Generator().manual_seed(1)
    real = torch.rand(6, *SHAPE, generator=random, dtype=torch.float64) * 2 - 1
    return real, torch.randn(6, 3, generator=random, dtype=torch.float64)


def stepped(guidance: Guidance) -> tuple[nn.Module, nn.Module, dict[str, Tensor]]:
    generator, discriminator = networks()
    real, noise = batch()
    losses = gan_step(
        generator, discriminator, optimisers(generator, discriminator), real, noise, guidance,
        torch.Generator().manual_seed(2),
    )  # fmt: skip
    return generator, discriminator, losses


def test_losses_are_binary_cross_entropies() -> None:
    logits = torch.tensor([[3.0], [-200.0]], dtype=torch.float64)
    ones, zeros = torch.ones_like(logits), torch.zeros_like(logits)
    cross_entropy = F.binary_cross_entropy_with_logits
    torch.testing.assert_close(generator_loss(logits), cross_entropy(logits, ones))
    torch.testing.assert_close(
        discriminator_loss(logits, -logits),
        cross_entropy(logits, ones) + cross_entropy(-logits, zeros),
    )


def test_masked_step_equals_the_step_written_out() -> None:
    mask = torch.rand(6, *SHAPE, generator=torch.Generator().manual_seed(7), dtype=torch.float64)
    generator, discriminator, losses = stepped(FixedMask(mask))

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

    for ours, theirs in ((generator, plain_generator), (discriminator, plain_discriminator)):
        for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
            torch.testing.assert_close(one, other, rtol=1e-10, atol=1e-12)
    torch.testing.assert_close(losses["loss_d"], loss_d.detach())
    torch.testing.assert_close(losses["loss_g"], loss_g.detach())


def test_a_mask_of_ones_is_the_plain_gan_bit_for_bit() -> None:
    plain, _, _ = stepped(NoGuidance())
    masked, _, _ = stepped(FixedMask(torch.ones(6, *SHAPE, dtype=torch.float64)))
    for one, other in zip(plain.parameters(), masked.parameters(), strict=True):
        assert torch.equal(one, other)


def test_the_discriminator_can_learn_again_afterwards() -> None:
    _, discriminator, losses = stepped(NoGuidance())
    assert all(parameter.requires_grad for parameter in discriminator.parameters())
    assert not any(loss.requires_grad for loss in losses.values())


def test_the_generator_step_leaves_no_gradient_on_the_discriminator() -> None:
    generator, discriminator = networks()
    real, noise = batch()
    gan_step(
        generator, discriminator, optimisers(generator, discriminator), real, noise, NoGuidance(),
        torch.Generator(),
    )  # fmt: skip
    expected = _discriminator_gradients()
    for parameter, gradient in zip(discriminator.parameters(), expected, strict=True):
        assert parameter.grad is not None
        torch.testing.assert_close(parameter.grad, gradient)


def _discriminator_gradients() -> list[Tensor]:
    generator, discriminator = networks()
    real, noise = batch()
    loss = discriminator_loss(discriminator(real), discriminator(generator(noise).detach()))
    return list(torch.autograd.grad(loss, list(discriminator.parameters())))
