"""Demographic parity and equalised odds: against loops over the samples, and closed forms."""

from itertools import combinations

import numpy as np
import pytest
import torch

from xaitool.core.metrics.fairness.fairness_gaps import demographic_parity_gap, equalised_odds_gap
from xaitool.core.metrics.fairness.group_accuracy import group_counts


def counted(labels, values, predicted, classes, count):
    groups = torch.from_numpy(labels * count + values)
    return group_counts(torch.from_numpy(predicted), groups, classes, count)


def largest_gap(values, predicted, classes, count):
    """Of P(prediction = k | value) between any two values."""
    rates = {
        value: [(predicted[values == value] == k).mean() for k in range(classes)]
        for value in range(count)
        if (values == value).any()
    }
    return max(
        (abs(rates[a][k] - rates[b][k]) for a, b in combinations(rates, 2) for k in range(classes)),
        default=0,
    )


@pytest.mark.parametrize(("classes", "count"), [(2, 2), (4, 3)])
@pytest.mark.parametrize("seed", range(3))
def test_equals_a_loop_over_pairs(classes, count, seed):
    draw = np.random.default_rng(seed)
    labels, values, predicted = (draw.integers(most, size=80) for most in (classes, count, classes))
    counts = counted(labels, values, predicted, classes, count)
    parity = largest_gap(values, predicted, classes, count)
    odds = max(
        largest_gap(values[labels == y], predicted[labels == y], classes, count)
        for y in range(classes)
    )
    assert demographic_parity_gap(counts).item() == pytest.approx(parity, abs=1e-15)
    assert equalised_odds_gap(counts).item() == pytest.approx(odds, abs=1e-15)


def test_two_classes_have_the_usual_gaps():
    """The gap of positive predictions, and the larger one of true and of false positives."""
    counts = torch.tensor([[[30, 10], [15, 5]], [[5, 15], [8, 2]]])
    positive = [(10 + 15) / 60, (5 + 2) / 30]
    assert demographic_parity_gap(counts).item() == pytest.approx(positive[0] - positive[1])
    true_positives, false_positives = 15 / 20 - 2 / 10, 10 / 40 - 5 / 20
    assert equalised_odds_gap(counts).item() == pytest.approx(
        max(abs(true_positives), abs(false_positives))
    )


def test_a_right_classifier_of_a_biased_set():
    """Equal odds, but no parity: the labels themselves depend on the attribute."""
    counts = torch.tensor([[[90, 0], [10, 0]], [[0, 10], [0, 90]]])
    assert demographic_parity_gap(counts).item() == pytest.approx(0.8)
    assert equalised_odds_gap(counts).item() == 0


def test_a_classifier_that_reads_the_attribute():
    counts = torch.tensor([[[50, 0], [0, 50]], [[50, 0], [0, 50]]])
    assert demographic_parity_gap(counts).item() == 1
    assert equalised_odds_gap(counts).item() == 1


def test_empty_groups_are_left_out():
    # Of the first label there is one value only: no difference; of the second 3/4 - 1/2.
    counts = torch.tensor([[[9, 1], [0, 0]], [[1, 3], [1, 1]]])
    assert equalised_odds_gap(counts).item() == pytest.approx(0.25)
    lonely = torch.tensor([[[9, 1], [0, 0]], [[0, 0], [5, 5]]])
    assert equalised_odds_gap(lonely).item() == 0


def test_many_counts_at_once():
    counts = torch.randint(9, (5, 3, 2, 3), generator=torch.Generator().manual_seed(0))
    for gap in (demographic_parity_gap, equalised_odds_gap):
        assert gap(counts).tolist() == [gap(one).item() for one in counts]
