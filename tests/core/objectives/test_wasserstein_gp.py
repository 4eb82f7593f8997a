"""The Wasserstein objective and its penalty, in closed form and by finite differences."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from tests.core.objectives.examples import images, logits
from xaitool.core.objectives.wasserstein_gp import WassersteinGradientPenalty


def test_wasserstein_is_a_difference_of_means() -> None:
    real, generated = logits()
    objective = WassersteinGradientPenalty()
    wanted = sum(generated.flatten().tolist()) / 5 - sum(real.flatten().tolist()) / 7
    assert math.isclose(objective.discriminator_loss(real, generated), wanted)
    wanted = -sum(generated.flatten().tolist()) / 5
    assert math.isclose(objective.generator_loss(generated), wanted)


@pytest.mark.parametrize("weight", [10.0, 0.5])
def test_penalty_of_a_linear_critic_in_closed_form(weight: float) -> None:
    linear = nn.Linear(9, 1).double()
    critic = nn.Sequential(nn.Flatten(), linear)
    real, generated = images()
    generated.requires_grad_()
    objective = WassersteinGradientPenalty(gradient_penalty=weight)
    penalty = objective.penalty(critic, real, generated, torch.Generator())
    assert penalty is not None
    direction, bias = linear.weight, linear.bias
    norm = direction.detach().norm()
    torch.testing.assert_close(penalty, weight * (norm - 1).square())
    of_weight, of_bias, of_images = torch.autograd.grad(
        penalty, (direction, bias, generated), allow_unused=True
    )
    wanted = 2 * weight * (norm - 1) * direction.detach() / norm
    torch.testing.assert_close(of_weight, wanted)
    assert of_bias is None or not of_bias.any()
    assert of_images is None


def test_penalty_is_taken_at_a_drawn_point_between_each_two_images() -> None:
    def critic(between: Tensor) -> Tensor:
        return between.square().flatten(1).sum(1, keepdim=True) / 2  # its gradient is the image

    real, generated = images()
    objective = WassersteinGradientPenalty()
    share = torch.rand(6, 1, 1, 1, generator=torch.Generator().manual_seed(8), dtype=torch.float64)
    between = share * real + (1 - share) * generated
    wanted = 10 * (between.flatten(1).square().sum(1).sqrt() - 1).square().mean()
    penalty = objective.penalty(critic, real, generated, torch.Generator().manual_seed(8))
    torch.testing.assert_close(penalty, wanted)
    other = objective.penalty(critic, real, generated, torch.Generator().manual_seed(9))
    assert other is not None
    assert not torch.equal(other, wanted)


def test_penalty_reaches_the_parameters_as_finite_differences_say() -> None:
    real, generated = images(2)
    objective = WassersteinGradientPenalty()

    def penalty(first: Tensor, second: Tensor) -> Tensor:
        def critic(between: Tensor) -> Tensor:
            return torch.tanh(between.flatten(1) @ first) @ second

        found = objective.penalty(critic, real, generated, torch.Generator().manual_seed(1))
        assert found is not None
        return found

    random = torch.Generator().manual_seed(2)
    first = torch.randn(9, 4, generator=random, dtype=torch.float64, requires_grad=True)
    second = torch.randn(4, 1, generator=random, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(penalty, (first, second))


def test_a_penalty_of_weight_zero_is_none_and_draws_nothing() -> None:
    random = torch.Generator().manual_seed(1)
    before = random.get_state()
    objective = WassersteinGradientPenalty(gradient_penalty=0)
    assert objective.penalty(nn.Flatten(), *images(), random) is None
    assert torch.equal(random.get_state(), before)
