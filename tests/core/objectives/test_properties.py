"""What every registered objective promises."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tests.core.objectives.examples import SMOOTHED, logits
from xaitool import registry
from xaitool.core.objectives.base import GanObjective
from xaitool.errors import ConfigError

NAMES = registry.names("objective")
VARIANTS: list[tuple[str, dict[str, float]]] = [
    *((name, {}) for name in NAMES),
    ("bce", SMOOTHED),
    ("least-squares", SMOOTHED),
]


def build(name: str, options: dict[str, float] | None = None) -> GanObjective:
    objective: GanObjective = registry.load("objective", name)(**(options or {}))
    return objective


@pytest.mark.parametrize("name", NAMES)
def test_every_objective_keeps_the_contract(name: str) -> None:
    objective = build(name)
    assert isinstance(objective, GanObjective)
    assert objective.default_critic_steps == (5 if name == "wasserstein-gp" else 1)
    assert objective.per_sample_critic is (name == "wasserstein-gp")
    if name != "wasserstein-gp":
        images = torch.zeros(2, 1, 2, 2)
        assert objective.penalty(nn.Flatten(), images, images, torch.Generator()) is None


@pytest.mark.parametrize(("name", "options"), VARIANTS)
def test_gradients_are_those_of_finite_differences(name: str, options: dict[str, float]) -> None:
    objective = build(name, options)
    real, generated = (part.requires_grad_() for part in logits())
    assert objective.discriminator_loss(real, generated).shape == ()
    assert torch.autograd.gradcheck(objective.discriminator_loss, (real, generated))
    assert torch.autograd.gradcheck(objective.generator_loss, (generated,))


@pytest.mark.parametrize(("name", "options"), VARIANTS)
def test_losses_pull_the_right_way(name: str, options: dict[str, float]) -> None:
    """From the boundary, real up and generated down; the generator up."""
    objective = build(name, options)
    start = torch.full((3, 1), objective.boundary or 0.0, dtype=torch.float64, requires_grad=True)
    for loss, sign in (
        (objective.discriminator_loss(start, start.detach()), -1),
        (objective.discriminator_loss(start.detach(), start), 1),
        (objective.generator_loss(start), -1),
    ):
        (gradient,) = torch.autograd.grad(loss, start)
        assert (gradient.sign() == sign).all()


@pytest.mark.parametrize("name", NAMES)
def test_large_logits_are_finite(name: str) -> None:
    objective = build(name)
    sure = torch.full((2, 1), 1e4, requires_grad=True)
    for loss in (objective.discriminator_loss(-sure, sure), objective.generator_loss(-sure)):
        assert loss.isfinite()
        (gradient,) = torch.autograd.grad(loss, sure)
        assert gradient.isfinite().all()
        assert gradient.abs().sum() > 0.4


@pytest.mark.parametrize("name", NAMES)
def test_the_boundary_is_where_real_and_generated_are_alike(name: str) -> None:
    """A discriminator that sees both with one and the same image settles there."""
    objective = build(name)
    if objective.boundary is None:
        real, generated = logits()
        moved = objective.discriminator_loss(real + 7, generated + 7)
        torch.testing.assert_close(moved, objective.discriminator_loss(real, generated))
        return
    at = torch.tensor([[objective.boundary]], dtype=torch.float64)
    losses = [float(objective.discriminator_loss(at + d, at + d)) for d in (-0.1, 0, 0.1)]
    assert losses[1] <= min(losses) + 1e-12


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("bce", {"real_label": 0.5}, "--real-label is 0.5, but more than 0.5 and at most 1"),
        ("least-squares", {"generated_label": 0.6}, "--generated-label is 0.6, but"),
        ("wasserstein-gp", {"gradient_penalty": -1.0}, "--gradient-penalty is -1"),
        ("hinge", {"real_label": 1.0}, "Hinge has no option 'real_label'"),
    ],
)
def test_options_out_of_range(name: str, options: dict[str, float], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build(name, options)
