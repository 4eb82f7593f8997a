"""Optimisers, against the closed forms of their first steps."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from xaitool.core.training.optimiser import build_optimiser, restore_optimiser

WEIGHT = torch.tensor([[0.5, -2.0]], dtype=torch.float64)
INPUT = torch.tensor([1.0, 3.0], dtype=torch.float64)


def after(steps: int, name: str, **options: float) -> torch.Tensor:
    """The weights of ``w · x`` after some steps; the gradient is always x."""
    model = nn.Linear(2, 1, bias=False, dtype=torch.float64)
    with torch.no_grad():
        model.weight.copy_(WEIGHT)
    optimiser = build_optimiser(name, model, learning_rate=0.1, **options)
    for _ in range(steps):
        optimiser.zero_grad()
        model(INPUT).sum().backward()
        optimiser.step()
    return model.weight.detach()


def test_sgd_has_momentum() -> None:
    torch.testing.assert_close(after(1, "sgd", momentum=0.5), WEIGHT - 0.1 * INPUT)
    torch.testing.assert_close(after(2, "sgd", momentum=0.5), WEIGHT - 0.1 * (1 + 1.5) * INPUT)


def test_weight_decay_is_in_the_gradient_of_sgd() -> None:
    wanted = WEIGHT - 0.1 * (INPUT + 0.2 * WEIGHT)
    torch.testing.assert_close(after(1, "sgd", weight_decay=0.2), wanted)


@pytest.mark.parametrize("name", ["adam", "adamw"])
def test_adams_first_step_is_the_sign(name: str) -> None:
    torch.testing.assert_close(after(1, name), WEIGHT - 0.1 * INPUT.sign(), rtol=0, atol=1e-7)


def test_weight_decay_is_decoupled_in_adamw_only() -> None:
    decoupled = WEIGHT * (1 - 0.1 * 0.2) - 0.1
    torch.testing.assert_close(after(1, "adamw", weight_decay=0.2), decoupled, rtol=0, atol=1e-7)
    # The sign of the gradient is the same with the L2 term.
    torch.testing.assert_close(after(1, "adam", weight_decay=0.2), WEIGHT - 0.1, rtol=0, atol=1e-7)


@pytest.mark.parametrize("name", ["adam", "adamw"])
def test_adams_betas_are_the_decays_of_its_two_means(name: str) -> None:
    """Of a gradient that changes: after g and then h, by Kingma and Ba's Algorithm 1."""
    model = nn.Linear(2, 1, bias=False, dtype=torch.float64)
    with torch.no_grad():
        model.weight.copy_(WEIGHT)
    optimiser = build_optimiser(name, model, learning_rate=0.1, beta1=0.5, beta2=0.9)
    gradients = INPUT, torch.tensor([-2.0, 0.5], dtype=torch.float64)
    wanted, mean, square = WEIGHT, torch.zeros_like(INPUT), torch.zeros_like(INPUT)
    for step, gradient in enumerate(gradients, start=1):
        model.weight.grad = gradient[None].clone()
        optimiser.step()
        mean = 0.5 * mean + 0.5 * gradient
        square = 0.9 * square + 0.1 * gradient**2
        rate = 0.1 * mean / (1 - 0.5**step) / ((square / (1 - 0.9**step)).sqrt() + 1e-8)
        wanted = wanted - rate
    torch.testing.assert_close(model.weight.detach(), wanted)


def test_rmsprop_divides_by_the_root_of_the_mean_square() -> None:
    first = WEIGHT - 0.1 * INPUT / ((0.01 * INPUT**2).sqrt() + 1e-8)
    torch.testing.assert_close(after(1, "rmsprop"), first)
    second = first - 0.1 * INPUT / ((0.0199 * INPUT**2).sqrt() + 1e-8)
    torch.testing.assert_close(after(2, "rmsprop"), second)
    # Neither Adam's decays nor momentum are its own.
    assert torch.equal(after(2, "rmsprop", beta1=0.1, beta2=0.2, momentum=0.3), after(2, "rmsprop"))
    gradient = INPUT + 0.2 * WEIGHT
    decayed = WEIGHT - 0.1 * gradient / ((0.01 * gradient**2).sqrt() + 1e-8)
    torch.testing.assert_close(after(1, "rmsprop", weight_decay=0.2), decayed)


@pytest.mark.parametrize("name", ["sgd", "adam", "adamw", "rmsprop"])
def test_frozen_parameters_are_left_out(name: str) -> None:
    model = nn.Sequential(nn.Linear(2, 3).requires_grad_(False), nn.Linear(3, 1))
    optimiser = build_optimiser(name, model, learning_rate=0.1)
    assert optimiser.param_groups[0]["params"] == list(model[1].parameters())


@pytest.mark.parametrize("name", ["sgd", "adam", "adamw", "rmsprop"])
def test_a_state_of_another_form_is_refused(name: str) -> None:
    model = nn.Linear(2, 3)
    optimiser = build_optimiser(name, model, learning_rate=0.1)
    model(torch.ones(1, 2)).sum().backward()
    optimiser.step()
    saved = optimiser.state_dict()
    key = next(key for key, value in saved["state"][0].items() if value.ndim)
    again = build_optimiser(name, model, learning_rate=0.1)
    restore_optimiser(again, copy.deepcopy(saved))
    assert torch.equal(again.state_dict()["state"][1][key], saved["state"][1][key])
    for value in (
        torch.ones(2, 3),
        torch.ones(1),
        "text",
        [1.0],
        torch.ones(3, 2, dtype=torch.complex64),
    ):
        damaged = copy.deepcopy(saved)
        damaged["state"][0][key] = value
        with pytest.raises(ValueError, match="of parameter 0 is of another form"):
            restore_optimiser(again, damaged)
    damaged["state"][9] = damaged["state"].pop(0)
    with pytest.raises(LookupError):
        restore_optimiser(again, damaged)
