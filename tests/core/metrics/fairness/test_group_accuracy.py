"""Accuracy by group: against loops over the samples, and a really balanced test set."""

import math

import numpy as np
import pytest
import torch

from xaitool.core.metrics.fairness.group_accuracy import (
    conflict_accuracy,
    group_accuracies,
    group_counts,
    unbiased_accuracy,
    worst_group_accuracy,
)
from xaitool.errors import ShapeError

CLASSES, VALUES = 3, 2


def samples(count=600, seed=0):
    """Predictions that are worse where label and attribute are unlike."""
    draw = np.random.default_rng(seed)
    labels = draw.integers(CLASSES, size=count)
    values = np.where(draw.random(count) < 0.8, labels % VALUES, 1 - labels % VALUES)
    right = draw.random(count) < np.where(values == labels % VALUES, 0.9, 0.3)
    predicted = np.where(right, labels, (labels + 1 + draw.integers(2, size=count)) % CLASSES)
    return labels, values, predicted


def counted(labels, values, predicted):
    groups = torch.from_numpy(labels * VALUES + values)
    return group_counts(torch.from_numpy(predicted), groups, CLASSES, VALUES)


def by_hand(labels, values, predicted):
    return np.array(
        [
            [(predicted == y)[(labels == y) & (values == s)].mean() for s in range(VALUES)]
            for y in range(CLASSES)
        ]
    )


def test_equals_a_loop_over_groups():
    found = samples()
    counts, wanted = counted(*found), by_hand(*found)
    np.testing.assert_allclose(group_accuracies(counts), wanted, rtol=1e-15)
    assert unbiased_accuracy(counts).item() == pytest.approx(wanted.mean())
    assert worst_group_accuracy(counts).item() == wanted.min()
    conflicting = torch.tensor([[False, True], [True, False], [False, True]])
    assert conflict_accuracy(counts, conflicting).item() == pytest.approx(
        wanted[conflicting.numpy()].mean()
    )


def test_unbiased_is_the_accuracy_on_a_balanced_set():
    """The mean over sets with as many images of each group as the smallest has."""
    labels, values, predicted = samples()
    groups = [
        np.flatnonzero((labels == y) & (values == s)) for y in range(CLASSES) for s in range(VALUES)
    ]
    each, draw = min(map(len, groups)), np.random.default_rng(1)
    accuracies = []
    for _ in range(2_000):
        chosen = np.concatenate([draw.choice(group, each, replace=False) for group in groups])
        accuracies.append((labels == predicted)[chosen].mean())
    found = unbiased_accuracy(counted(labels, values, predicted)).item()
    assert found == pytest.approx(np.mean(accuracies), abs=4 * np.std(accuracies) / 2_000**0.5)


def test_empty_groups_are_left_out():
    labels, values, predicted = samples()
    kept = ~((labels == 0) & (values == 1))
    counts = counted(labels[kept], values[kept], predicted[kept])
    accuracies = group_accuracies(counts)
    assert accuracies.isnan().nonzero().tolist() == [[0, 1]]
    assert unbiased_accuracy(counts).item() == pytest.approx(np.nanmean(accuracies))
    assert worst_group_accuracy(counts).item() == np.nanmin(accuracies)
    only_empty = torch.zeros(CLASSES, VALUES).bool()
    only_empty[0, 1] = True
    assert math.isnan(conflict_accuracy(counts, only_empty).item())


def test_many_counts_at_once():
    several = [counted(*samples(seed=seed)) for seed in range(4)]
    together = torch.stack(several).view(2, 2, CLASSES, VALUES, CLASSES)
    for function in (unbiased_accuracy, worst_group_accuracy):
        assert function(together).flatten().tolist() == [function(one).item() for one in several]


@pytest.mark.parametrize(
    ("predicted", "groups", "match"),
    [
        ([0, 3], [0, 1], "predictions are 0 to 3, but 0 to 2"),
        ([0, 1], [0, 6], "groups are 0 to 6, but 0 to 5"),
        ([0, 1], [0], r"predictions are \(2,\) and groups \(1,\)"),
    ],
)
def test_what_does_not_fit(predicted, groups, match):
    with pytest.raises(ShapeError, match=match):
        group_counts(torch.tensor(predicted), torch.tensor(groups), CLASSES, VALUES)
