"""Equations 8 to 10 of the LGL-INR paper, and its simulation (Table 1)."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from xaitool.core.losses.base import Loss
from xaitool.core.losses.cross_entropy import CrossEntropy
from xaitool.core.losses.logistic import Logistic
from xaitool.core.metrics.classification.prediction_balance import BalanceResult, PredictionBalance
from xaitool.errors import ShapeError

SIZES = (1000, 10_000)


def balance(probabilities: Tensor, labels: Tensor, **given: Tensor) -> BalanceResult:
    metric = PredictionBalance()
    for part in torch.arange(len(labels)).split(700):
        metric.update(probabilities[part], labels[part])
    return metric.compute(**given)


def test_is_the_equations_written_out():
    generator = torch.Generator().manual_seed(0)
    probabilities = torch.randn(60, 3, generator=generator, dtype=torch.float64).softmax(1)
    labels = torch.arange(60) % 3
    weights, training = torch.tensor([0.2, 1, 3]), torch.tensor([5, 500, 50])
    found = balance(probabilities, labels, weights=weights, training_counts=training)
    mean = [[probabilities[labels == j, k].mean().item() for k in range(3)] for j in range(3)]
    mass = [w * n for w, n in zip(weights.tolist(), training.tolist(), strict=True)]
    for k in range(3):
        assert math.isclose(found.left[k], mass[k] * (1 - mean[k][k]))
        right = sum(mass[j] * mean[j][k] for j in range(3) if j != k)
        assert math.isclose(found.right[k], right)
    assert found.ratio is None
    assert found.wanted_ratio is None
    torch.testing.assert_close(found.means, torch.tensor(mean, dtype=torch.float64))
    assert found.counts.tolist() == [20, 20, 20]
    # Without weights and counts: equation 8, sums over the samples that were seen.
    plain = balance(probabilities, labels)
    torch.testing.assert_close(plain.left[0], (1 - probabilities[labels == 0, 0]).sum())
    torch.testing.assert_close(plain.right[0], probabilities[labels != 0, 0].sum())


def minimise(model: nn.Module, loss: Loss, inputs: Tensor, labels: Tensor, steps: int) -> None:
    """To the optimum in float64, with the whole batch."""
    optimiser = torch.optim.LBFGS(
        model.parameters(),
        max_iter=steps,
        tolerance_grad=1e-9,
        tolerance_change=1e-14,
        line_search_fn="strong_wolfe",
    )

    def closure() -> Tensor:
        optimiser.zero_grad()
        value: Tensor = loss(model(inputs), labels)
        value.backward()
        return value

    optimiser.step(closure)


@pytest.mark.parametrize("kind", [CrossEntropy, Logistic])
def test_a_trained_model_of_several_classes_is_balanced(kind: type[Loss]):
    torch.manual_seed(0)
    labels = torch.tensor([0] * 300 + [1] * 100 + [2] * 40)
    inputs = torch.eye(3).double()[labels] + torch.randn(440, 3, dtype=torch.float64)
    weights = torch.tensor([1.0, 0.5, 6.0], dtype=torch.float64)
    model = nn.Linear(3, 3).double()
    before = balance(model(inputs).softmax(1), labels, weights=weights)
    minimise(model, kind(class_weights=weights), inputs, labels, 200)
    logits = model(inputs)
    probabilities = logits.softmax(1) if kind is CrossEntropy else logits.sigmoid()
    after = balance(probabilities, labels, weights=weights)
    torch.testing.assert_close(after.left, after.right, rtol=1e-5, atol=0)
    assert not torch.allclose(before.left, before.right, rtol=0.1)


class OneLogit(nn.Module):
    """A binary network as two logits, 0 and its own: softmax of them is its sigmoid."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, inputs: Tensor) -> Tensor:
        logit = self.network(inputs)
        return torch.cat([torch.zeros_like(logit), logit], 1)


def first_simulation(sizes: tuple[int, int]) -> Tensor:
    minority = 1.5 + torch.randn(sizes[0], 1) - 0.5 * torch.rand(sizes[0], 1)
    majority = -1.5 + torch.randn(sizes[1], 1) + 0.5 * torch.rand(sizes[1], 1)
    return torch.cat([minority, majority]).double()


def second_simulation(sizes: tuple[int, int]) -> Tensor:
    minority, majority = 1 + torch.randn(sizes[0], 3), 1.2 * torch.randn(sizes[1], 3)
    return torch.cat([minority, majority]).double()


def logistic_regression() -> nn.Module:
    return OneLogit(nn.Linear(1, 1)).double()


def small_network() -> nn.Module:
    return OneLogit(nn.Sequential(nn.Linear(3, 10), nn.Sigmoid(), nn.Linear(10, 1))).double()


SIMULATIONS = {
    "logistic regression": (first_simulation, logistic_regression, 25, 60),
    "small network": (second_simulation, small_network, 4, 100),
}


@pytest.mark.parametrize("name", SIMULATIONS)
@pytest.mark.parametrize("right_side", [10.0, 1.0, 0.5])
def test_table_1(name: str, right_side: float):
    """Training sizes of 1,000 and 10,000, test sizes of 1,000 each, as the paper has them.

    λ_0 is 1/2, N_1 / (N_0 + N_1) and 2 N_1 / (N_0 + 2 N_1), so that λ_1 N_1 / (λ_0 N_0) is 10, 1
    and 0.5. The table prints N_0 where N_1 belongs: its second λ_0 would give 100.
    """
    draw, build, runs, steps = SIMULATIONS[name]
    first = SIZES[1] / (right_side * SIZES[0] + SIZES[1])
    weights = torch.tensor([first, 1 - first], dtype=torch.float64)
    train_labels = torch.arange(2).repeat_interleave(torch.tensor(SIZES))
    test_labels = torch.arange(2).repeat_interleave(1000)
    ratios = []
    for seed in range(runs):
        torch.manual_seed(seed)
        model, inputs = build(), draw(SIZES)
        minimise(model, CrossEntropy(class_weights=weights), inputs, train_labels, steps)
        with torch.no_grad():
            train = balance(model(inputs).softmax(1), train_labels, weights=weights)
            test = balance(model(draw((1000, 1000))).softmax(1), test_labels)
        assert train.wanted_ratio == pytest.approx(right_side)
        # A network is not quite at its optimum after so few steps.
        assert train.ratio == pytest.approx(right_side, rel=0.03)
        assert test.ratio is not None
        ratios.append(test.ratio)
    found = torch.tensor(ratios)
    error = float(found.std()) / math.sqrt(runs)
    assert abs(float(found.mean()) - right_side) < 4 * error
    # The paper's standard deviations: 1.13 and 0.67 of 10, down to 0.04 and 0.03 of 0.5.
    assert float(found.std()) < 0.25 * right_side


def test_refusals():
    metric = PredictionBalance()
    with pytest.raises(ShapeError, match="but at least 1 of each class"):
        metric.compute()
    with pytest.raises(ShapeError, match="at least 2 classes is wanted"):
        metric.update(torch.rand(3, 1), torch.zeros(3, dtype=torch.int64))
    with pytest.raises(ShapeError, match=r"but int64 \(3,\) is wanted"):
        metric.update(torch.rand(3, 2), torch.zeros(3))
    metric.update(torch.rand(3, 2), torch.zeros(3, dtype=torch.int64))
    with pytest.raises(ShapeError, match=r"has \[3, 0\] samples of its classes"):
        metric.compute()
    with pytest.raises(ShapeError, match="have 3 classes, but 2 are wanted"):
        metric.update(torch.rand(1, 3), torch.ones(1, dtype=torch.int64))
    metric.update(torch.rand(1, 2), torch.ones(1, dtype=torch.int64))
    with pytest.raises(ShapeError, match=r"\(3,\) weights or counts, but \(2,\) are wanted"):
        metric.compute(weights=torch.ones(3))
    metric.update(torch.full((1, 2), math.nan), torch.ones(1, dtype=torch.int64))
    with pytest.raises(ShapeError, match="not finite"):
        metric.compute()
