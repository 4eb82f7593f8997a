"""The PC loss against its equations, and where it is least."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from xaitool.core.losses.pc import ProbabilisticallyCompact
from xaitool.errors import ConfigError, UnknownNameError


def written_out(logits: Tensor, labels: Tensor, logit: str, reduction: str) -> float:
    total = 0.0
    for row, label in zip(logits.tolist(), labels.tolist(), strict=True):
        false = [j for j in range(len(row)) if j != label]
        norm = sum(math.exp(value) for value in row)
        p = [math.exp(value) / norm for value in row]
        hinge = sum(max(0.0, p[j] + 0.9 - p[label]) for j in false)
        total += hinge / (len(false) if reduction == "mean" else 1)
        if logit == "max":
            lead = max(0.0, row[label] - max(row[j] for j in false))
        else:
            weight = {j: math.exp(row[j]) / sum(math.exp(row[i]) for i in false) for j in false}
            lead = sum(weight[j] * max(0.0, row[label] - row[j]) for j in false)
        total += 0.3 * lead
    return total / len(labels)


@pytest.mark.parametrize("logit", ["soft", "max"])
@pytest.mark.parametrize("reduction", ["sum", "mean"])
@pytest.mark.parametrize("classes", [2, 6])
def test_is_its_equations(logit, reduction, classes):
    generator = torch.Generator().manual_seed(classes)
    logits = 3 * torch.randn(25, classes, generator=generator, dtype=torch.float64)
    labels = torch.randint(classes, (25,), generator=generator)
    loss = ProbabilisticallyCompact(margin=0.9, constraint=0.3, logit=logit, reduction=reduction)
    expected = written_out(logits, labels, logit, reduction)
    assert math.isclose(loss(logits, labels).item(), expected, rel_tol=1e-12)


def lead(value: float, classes: int = 10) -> Tensor:
    logits = torch.zeros(1, classes, dtype=torch.float64)
    logits[0, 3] = value
    return logits


def test_zero_exactly_beyond_the_margin():
    loss = ProbabilisticallyCompact(constraint=0)
    # p_y - p_j = (e^t - 1) / (e^t + 9) >= 0.995
    edge = math.log((0.995 * 9 + 1) / 0.005)
    assert loss(lead(edge + 1e-6), torch.tensor([3])) == 0
    assert loss(lead(1e4).float(), torch.tensor([3])) == 0
    assert loss(lead(edge - 1e-6), torch.tensor([3])) > 0
    assert 7.5 < edge < 8


@pytest.mark.parametrize("logit", ["soft", "max"])
@pytest.mark.parametrize(
    ("classes", "reduction", "logits_ahead", "probability"),
    [(10, "sum", 7.5, 0.995), (10, "mean", 5.2, 0.953), (200, "sum", 10.6, 0.995)],
)
def test_published_optimum(logit, classes, reduction, logits_ahead, probability):
    loss = ProbabilisticallyCompact(logit=logit, reduction=reduction)
    grid = torch.arange(0, 14, 0.01, dtype=torch.float64)
    values = torch.stack([loss(lead(t, classes), torch.tensor([3])) for t in grid.tolist()])
    best = float(grid[values.argmin()])
    assert abs(best - logits_ahead) < 0.06
    assert abs(lead(best, classes).softmax(1)[0, 3].item() - probability) < 6e-4


def test_gradient_vanishes_where_a_sample_is_far_on_the_wrong_side():
    norms = []
    for wrong in (2.0, 10.0, 20.0):
        logits = lead(wrong).requires_grad_()
        ProbabilisticallyCompact()(logits, torch.tensor([0])).backward()
        assert logits.grad is not None
        norms.append(logits.grad.norm().item())
    assert norms[0] > 0.5
    assert norms[1] < 1e-2
    assert norms[2] < 1e-6


def test_options():
    with pytest.raises(ConfigError, match="--margin is 0"):
        ProbabilisticallyCompact(margin=0)
    with pytest.raises(UnknownNameError, match="unknown logit constraint 'softt'"):
        ProbabilisticallyCompact(logit="softt")
