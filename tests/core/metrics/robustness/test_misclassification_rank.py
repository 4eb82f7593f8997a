"""Ranks of misclassifications: against a count by hand."""

import pytest
import torch

from xaitool.core.metrics.robustness.misclassification_rank import misclassification_ranks
from xaitool.errors import ShapeError


def test_against_a_count_by_hand():
    draw = torch.Generator().manual_seed(0)
    samples, classes, budgets = 200, 5, 4
    logits = torch.randn(samples, classes, generator=draw, dtype=torch.float64)
    labels = torch.randint(0, classes, (samples,), generator=draw)
    attacked = torch.randint(0, classes, (budgets, samples), generator=draw)
    expected = [[0] * classes for _ in range(budgets)]
    for sample in range(samples):
        order = sorted(range(classes), key=lambda one: -logits[sample, one])
        if order[0] != labels[sample]:
            continue
        for budget in range(budgets):
            reached = int(attacked[budget, sample])
            if reached != labels[sample]:
                expected[budget][order.index(reached)] += 1
                break
    counts = misclassification_ranks(logits, labels, attacked)
    assert counts.tolist() == expected
    assert not counts[:, 0].any()


def test_a_sample_that_a_larger_budget_spares_counts_once():
    logits, labels = torch.tensor([[3.0, 1.0, 2.0]]), torch.tensor([0])
    counts = misclassification_ranks(logits, labels, torch.tensor([[2], [0], [1]]))
    assert counts.tolist() == [[0, 1, 0], [0, 0, 0], [0, 0, 0]]


def test_classes_of_the_same_logit_are_ranked_by_index():
    counts = misclassification_ranks(
        torch.tensor([[1.0, 0.0, 0.0]]), torch.tensor([0]), torch.tensor([[2]])
    )
    assert counts.tolist() == [[0, 0, 1]]


def test_wrong_shapes():
    with pytest.raises(ShapeError, match=r"predictions \(3,\), but"):
        misclassification_ranks(torch.zeros(3, 2), torch.zeros(3).long(), torch.zeros(3).long())
