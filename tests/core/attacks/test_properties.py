"""What every registered attack promises."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import nn

from tests.core.attacks.conftest import Victim
from xaitool import registry
from xaitool.core.attacks.base import Attack, FixedBudgetAttack, MinimumNormAttack
from xaitool.errors import ConfigError, ModelError, ShapeError

ATTACKS = registry.names("attack")
FIXED = [name for name in ATTACKS if issubclass(registry.load("attack", name), FixedBudgetAttack)]
QUICK: dict[str, dict[str, Any]] = {
    "pgd": {"steps": 8, "restarts": 2},
    "apgd-ce": {"steps": 12, "restarts": 2},
    "apgd-dlr": {"steps": 12},
    "square": {"queries": 150},
    "spsa": {"steps": 12, "pairs": 16, "step_size": 0.05},
    "cw-l2": {"search_steps": 3, "steps": 30, "initial_constant": 1.0},
}
EPSILON = 0.12


def make(name: str, rows: int = 64, epsilon: float = EPSILON) -> Attack:
    options = {"epsilon": epsilon} if name in FIXED else {}
    attack: Attack = registry.load("attack", name)(rows=rows, **options, **QUICK.get(name, {}))
    return attack


def seed(number: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(number)


@pytest.mark.parametrize("name", ATTACKS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_images_stay_inside_and_the_facts_are_true(
    name: str, dtype: torch.dtype, victim: Victim
) -> None:
    model = copy.deepcopy(victim.model).to(dtype)
    images, labels = victim.images[:24].to(dtype), victim.labels[:24]
    result = make(name).run(model, images.requires_grad_(), labels, generator=seed())
    assert result.images.dtype == dtype
    assert result.images.shape == images.shape
    assert not result.images.requires_grad
    assert result.images.min() >= 0
    assert result.images.max() <= 1
    moved = (result.images - images.detach()).flatten(1)
    torch.testing.assert_close(result.linf, moved.abs().amax(1))
    torch.testing.assert_close(result.l2, moved.norm(dim=1))
    if name in FIXED:
        assert result.linf.max() <= EPSILON + 1e-6
    assert result.success.equal(model(result.images).argmax(1) != labels)
    assert result.success.sum() > 3
    assert result.steps.dtype == torch.int64
    assert not result.zero_gradient.any()


@pytest.mark.parametrize("name", ATTACKS)
def test_batches_order_and_rows_change_nothing(name: str, victim: Victim) -> None:
    model, images, labels = victim.first(12)
    whole = make(name).run(model, images, labels, generator=seed())
    few = make(name, rows=5).run(model, images, labels, generator=seed())
    order = torch.randperm(12, generator=seed())
    shuffled = make(name).run(model, images[order], labels[order], generator=seed())
    for row in (0, 7):
        one = make(name).run(model, images[[row]], labels[[row]], generator=seed())
        torch.testing.assert_close(one.images[0], whole.images[row])
    torch.testing.assert_close(few.images, whole.images)
    torch.testing.assert_close(shuffled.images, whole.images[order])
    for fact in ("success", "steps", "zero_gradient"):
        assert getattr(few, fact).equal(getattr(whole, fact))
        assert getattr(shuffled, fact).equal(getattr(whole, fact)[order])


@pytest.mark.parametrize("name", ["pgd", "apgd-ce", "apgd-dlr", "square", "spsa"])
def test_the_seed_decides(name: str, victim: Victim) -> None:
    arguments = victim.first(6)
    one, same, other = (
        make(name)(*arguments, generator=generator) for generator in (seed(3), seed(3), seed(4))
    )
    assert one.equal(same)
    assert not one.equal(other)


@pytest.mark.parametrize("name", ATTACKS)
def test_the_model_is_left_as_it_was(name: str, victim: Victim) -> None:
    model = nn.Sequential(nn.Dropout(0.5), copy.deepcopy(victim.model), nn.BatchNorm1d(10))
    model.double().train()
    frozen = next(model.parameters()).requires_grad_(False)
    before = copy.deepcopy(model.state_dict())
    images, labels = victim.images[:4], victim.labels[:4]
    originals, state = images.clone(), torch.random.get_rng_state()
    generator = seed()
    drawn = generator.get_state()
    make(name)(model, images, labels, generator=generator)
    assert all(module.training for module in model.modules() if module is not model[1])
    assert model[1].training
    assert not frozen.requires_grad
    assert all(value.requires_grad for value in model.parameters() if value is not frozen)
    assert all(value.grad is None for value in model.parameters())
    assert all(value.equal(before[key]) for key, value in model.state_dict().items())
    assert not any(module._forward_hooks for module in model.modules())
    assert images.equal(originals)
    assert torch.random.get_rng_state().equal(state)
    assert generator.get_state().equal(drawn)


@pytest.mark.parametrize("name", ATTACKS)
def test_it_works_where_gradients_are_off(name: str, victim: Victim) -> None:
    model, images, labels = victim.first(3)
    plain = make(name)(model, images, labels, generator=seed())
    with torch.inference_mode():
        assert make(name)(model, images.clone(), labels.clone(), generator=seed()).equal(plain)


@pytest.mark.parametrize("name", ATTACKS)
def test_no_samples_and_colour(name: str) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(3 * 5 * 6, 3))
    images, labels = torch.rand(3, 3, 5, 6), torch.tensor([0, 1, 2])
    result = make(name).run(model, images, labels, generator=seed())
    assert result.images.shape == (3, 3, 5, 6)
    nobody = make(name).run(model, images[:0], labels[:0], generator=seed())
    assert nobody.images.shape == (0, 3, 5, 6)
    assert nobody.success.shape == (0,)


@pytest.mark.parametrize("name", ["bim", "mim", "square", "spsa", "cw-l2"])
def test_what_is_wrong_already_is_left_alone(name: str, victim: Victim) -> None:
    model, images, _ = victim.first(5)
    wrong = (model(images).argmax(1) + 1) % 10
    result = make(name).run(model, images, wrong, generator=seed())
    assert result.success.all()
    assert result.images.equal(images)
    assert not result.l2.any()


@pytest.mark.parametrize("name", FIXED)
def test_a_budget_of_nothing_leaves_the_clean_images(name: str, victim: Victim) -> None:
    model, images, labels = victim.first(8)
    labels = labels.clone()
    labels[0] = (model(images[:1]).argmax(1) + 1) % 10
    result = make(name, epsilon=0).run(model, images, labels, generator=seed())
    assert result.images.equal(images)
    assert result.success.equal(model(images).argmax(1) != labels)
    assert not result.linf.any()
    assert not result.l2.any()


def test_every_attack_is_of_one_of_the_two_kinds() -> None:
    kinds = (FixedBudgetAttack, MinimumNormAttack)
    assert all(issubclass(registry.load("attack", name), kinds) for name in ATTACKS)


@pytest.mark.parametrize("name", ATTACKS)
def test_refusals(name: str, victim: Victim) -> None:
    model, images, labels = victim.first(4)
    attack = make(name)
    with pytest.raises(ShapeError, match="images are"):
        attack(model, images[0], labels, generator=seed())
    with pytest.raises(ShapeError, match=r"labels are torch\.float64"):
        attack(model, images, labels.double(), generator=seed())
    with pytest.raises(ShapeError, match=r"labels are torch.int64 \(3,\)"):
        attack(model, images, labels[:3], generator=seed())
    with pytest.raises(ShapeError, match=r"but 0 to 9 is wanted"):
        attack(model, images, torch.full((4,), 10), generator=seed())
    with pytest.raises(ShapeError, match=r"but \[0, 1\] is wanted"):
        attack(model, images * 255, labels, generator=seed())
    with pytest.raises(ShapeError, match=r"but \[0, 1\] is wanted"):
        attack(model, images * torch.nan, labels, generator=seed())
    with pytest.raises(ModelError, match="for one image"):
        attack(nn.Identity(), images, labels, generator=seed())
    with pytest.raises(ConfigError, match="rows is 0"):
        make(name, rows=0)
    for epsilon in (-0.1, 1.5) if name in FIXED else ():
        with pytest.raises(ConfigError, match="epsilon"):
            make(name, epsilon=epsilon)


def test_a_pixel_value_out_by_rounding_is_no_mistake(victim: Victim) -> None:
    model, images, labels = victim.first(4)
    result = make("bim")(model, images - 3e-8, labels, generator=seed())
    assert result.min() >= 0
