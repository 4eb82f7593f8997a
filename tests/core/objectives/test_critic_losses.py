"""The losses of GANMEX in closed form."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from xaitool.core.objectives.critic_losses import adversarial_loss, critic_loss, gradient_penalty

REAL = torch.tensor([[[[2.0, 4.0]]], [[[0.0, 2.0]]]], dtype=torch.float64)
MADE = torch.tensor([[[[-1.0, 1.0]]], [[[0.0, -4.0]]]], dtype=torch.float64)


def softplus(x: float) -> float:
    return math.log1p(math.exp(x))


def test_wasserstein_is_a_difference_of_means():
    assert critic_loss(REAL, MADE, "wasserstein").item() == -1 - 2
    assert adversarial_loss(MADE, "wasserstein").item() == 1


def test_log_loss_is_a_cross_entropy_over_patches():
    expected = sum(softplus(-x) for x in (2, 4, 0, 2)) / 4
    expected += sum(softplus(x) for x in (-1, 1, 0, -4)) / 4
    torch.testing.assert_close(critic_loss(REAL, MADE, "log").item(), expected)
    non_saturating = sum(softplus(x) for x in (1, -1, 0, 4)) / 4
    torch.testing.assert_close(adversarial_loss(MADE, "log").item(), non_saturating)


def test_log_loss_is_finite_and_steep_where_the_critic_is_sure():
    sure = torch.full((2, 1, 1, 1), -1e4, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(adversarial_loss(sure, "log"), sure)
    torch.testing.assert_close(gradient.sum().item(), -1.0)
    assert critic_loss(-sure, sure, "log").item() == 0


def test_penalty_of_a_linear_critic():
    direction = torch.tensor([3.0, 0, 4.0, 0], dtype=torch.float64, requires_grad=True)

    def critic(images: Tensor) -> Tensor:
        return (images.flatten(1) @ direction).view(-1, 1, 1, 1)

    images = torch.randn(5, 1, 2, 2, dtype=torch.float64)
    share = torch.rand(5, 1, 1, 1, dtype=torch.float64)
    penalty = gradient_penalty(critic, images, -images, share)
    torch.testing.assert_close(penalty.item(), 16.0)
    (gradient,) = torch.autograd.grad(penalty, direction)
    torch.testing.assert_close(gradient, 2 * (5 - 1) * direction.detach() / 5)


def test_penalty_is_two_sided_and_a_mean_over_patches():
    def critic(images: Tensor) -> Tensor:
        return images.flatten(1)[:, :1, None, None].expand(-1, 1, 2, 3) / 4

    images = torch.randn(3, 1, 2, 2, dtype=torch.float64)
    share = torch.rand(3, 1, 1, 1, dtype=torch.float64)
    penalty = gradient_penalty(critic, images, -images, share)
    torch.testing.assert_close(penalty.item(), (1 / 4 - 1) ** 2)


def test_penalty_is_taken_between_the_images():
    def critic(images: Tensor) -> Tensor:
        return images.square().sum((1, 2, 3), keepdim=True) / 2

    real, made = torch.randn(2, 6, 3, 4, 4, dtype=torch.float64)
    share = torch.rand(6, 1, 1, 1, dtype=torch.float64)
    between = share * real + (1 - share) * made
    expected = (between.square().sum((1, 2, 3)).sqrt() - 1).square().mean()
    torch.testing.assert_close(gradient_penalty(critic, real, made, share), expected)


def test_penalty_of_a_gradient_of_zero_is_one_and_moves_nothing():
    weight = torch.zeros((), dtype=torch.float64, requires_grad=True)
    images, share = torch.ones(2, 1, 2, 2, dtype=torch.float64), torch.ones(2, 1, 1, 1).double()
    penalty = gradient_penalty(
        lambda x: weight * x.sum((1, 2, 3), keepdim=True), images, images, share
    )
    (gradient,) = torch.autograd.grad(penalty, weight)
    assert penalty.item() == 1
    assert gradient.item() == 0
