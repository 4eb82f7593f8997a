"""What the base class of attacks does for each: batches, draws, budgets, plain surroundings."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from xaitool.core.attacks.base import Attack, FixedBudgetAttack
from xaitool.core.attacks.engine.draws import Draws
from xaitool.core.attacks.engine.outcome import Outcome
from xaitool.errors import ConfigError, ModelError, ShapeError

IMAGES = torch.linspace(0, 1, 5 * 12, dtype=torch.float64).view(5, 1, 3, 4)
LABELS = torch.tensor([0, 1, 0, 1, 0])


class Painter(Attack):
    """Draws new images, and remembers how it was asked."""

    def __init__(self, *, rows: int = 64) -> None:
        super().__init__(rows=rows)
        self.batches: list[int] = []
        self.training: list[bool] = []
        self.frozen: list[bool] = []

    def _attack(
        self, model: nn.Module, images: Tensor, labels: Tensor, draws: Draws, outcome: Outcome
    ) -> None:
        self.batches.append(len(images))
        self.training.append(model.training)
        self.frozen.append(not any(each.requires_grad for each in model.parameters()))
        outcome.images[:] = draws.uniform(torch.arange(len(images)), tuple(images.shape[1:]))
        outcome.success[:] = labels == 1


class Threefold(Painter):
    _fewest_classes = 3


def network(classes: int = 2) -> nn.Sequential:
    return nn.Sequential(nn.Flatten(), nn.Linear(12, classes)).double()


def seed(number: int) -> torch.Generator:
    return torch.Generator().manual_seed(number)


def test_an_attack_sees_at_most_so_many_rows_of_a_frozen_model_in_eval_mode() -> None:
    attack = Painter(rows=2)
    result = attack.run(network().train(), IMAGES, LABELS, generator=seed(0))
    assert attack.batches == [2, 2, 1]
    assert not any(attack.training)
    assert all(attack.frozen)
    assert result.success.tolist() == [False, True, False, True, False]
    changes = (result.images - IMAGES).flatten(1)
    torch.testing.assert_close(result.linf, changes.abs().max(1).values)
    torch.testing.assert_close(result.l2, changes.square().sum(1).sqrt())


def test_draws_are_keyed_by_the_seed_the_pixels_and_the_attack() -> None:
    model = network()
    first = Painter()(model, IMAGES, LABELS, generator=seed(3))
    assert Painter(rows=1)(model, IMAGES, LABELS, generator=seed(3)).equal(first)
    assert not Painter()(model, IMAGES, LABELS, generator=seed(4)).equal(first)
    backwards = Painter()(model, IMAGES.flip(0), LABELS, generator=seed(3))
    assert backwards.equal(first.flip(0))
    assert len(first.unique()) == first.numel()


def test_an_empty_batch_is_attacked_without_a_call() -> None:
    attack = Painter()
    result = attack.run(network(), IMAGES[:0], LABELS[:0], generator=seed(0))
    assert result.images.shape == (0, 1, 3, 4)
    assert attack.batches == []


def test_gradients_are_there_in_inference_mode_and_under_autocast() -> None:
    class Climber(Attack):
        def _attack(
            self, model: nn.Module, images: Tensor, labels: Tensor, draws: Draws, outcome: Outcome
        ) -> None:
            with torch.enable_grad():
                leaf = images.requires_grad_()
                model(leaf).sum().backward()
            assert leaf.grad is not None
            outcome.images[:] = leaf.grad

    model = network()
    weight = next(model[1].parameters()).detach()
    expected = weight.sum(0).view(1, 3, 4).expand_as(IMAGES)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        found = Climber()(model, IMAGES, LABELS, generator=seed(0))
    torch.testing.assert_close(found, expected.clone())


def test_inside_is_the_nearest_point_of_the_budget_and_of_the_pixel_range() -> None:
    class Still(FixedBudgetAttack):
        def _attack(
            self, model: nn.Module, images: Tensor, labels: Tensor, draws: Draws, outcome: Outcome
        ) -> None: ...

    attack = Still(epsilon=0.25)
    images = torch.tensor([0.5, 0.5, 0.5, 0.125, 1.0])
    points = torch.tensor([0.625, 0.9, -3.0, -1.0, 1.5])
    assert attack._inside(points, images).tolist() == [0.625, 0.75, 0.25, 0.0, 1.0]
    with pytest.raises(ConfigError, match="epsilon"):
        Still(epsilon=1.01)


def test_refusals() -> None:
    with pytest.raises(ConfigError, match="rows is 0"):
        Painter(rows=0)
    with pytest.raises(ModelError, match="at least 3 classes is wanted by Threefold"):
        Threefold()(network(2), IMAGES, LABELS, generator=seed(0))
    with pytest.raises(ModelError, match=r"output for one image is \(1, 1, 3, 4\)"):
        Painter()(nn.Identity(), IMAGES, LABELS, generator=seed(0))
    with pytest.raises(ShapeError, match=r"labels go from 0 to 2, but 0 to 1 is wanted"):
        Painter()(network(2), IMAGES, 2 * LABELS, generator=seed(0))
    with pytest.raises(ShapeError, match=r"go from 0 to 255, but \[0, 1\] is wanted") as refused:
        Painter()(network(), 255 * IMAGES, LABELS, generator=seed(0))
    assert refused.value.hint == "normalisation belongs into the model, as its first layer"
