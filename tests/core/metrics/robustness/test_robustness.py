"""Accuracy under attack: against a count by hand."""

import statistics

import pytest
import torch

from xaitool.core.metrics.robustness.robustness import AttackedSamples, robust_accuracy
from xaitool.core.metrics.statistics.estimate import wilson_interval
from xaitool.errors import ShapeError

COUNT = 41


def attacked(seed, right):
    draw = torch.Generator().manual_seed(seed)
    wrong = torch.rand(COUNT, generator=draw) < 0.4
    return AttackedSamples(
        right, wrong, torch.rand(COUNT, generator=draw), torch.zeros(COUNT).bool()
    )


def test_the_worst_case_is_counted_sample_by_sample():
    right = torch.arange(COUNT) % 5 != 0
    attacks = [attacked(seed, right) for seed in range(3)]
    result = robust_accuracy(*attacks)
    survivors, lengths = 0, []
    for sample in range(COUNT):
        if not right[sample]:
            continue
        mine = [float(one.l2[sample]) for one in attacks if one.wrong[sample]]
        survivors += not mine
        lengths += [min(mine)] if mine else []
    assert result.value == survivors / COUNT
    assert result.count == COUNT
    assert result.clean == int(right.sum()) / COUNT
    assert result.success == len(lengths) / int(right.sum())
    assert result.l2 == pytest.approx(statistics.median(lengths))
    assert result.interval == wilson_interval(survivors, COUNT)


def test_what_was_wrong_before_is_no_success():
    right, wrong = torch.tensor([True, False]), torch.tensor([False, True])
    nothing = torch.zeros(2)
    result = robust_accuracy(AttackedSamples(right, wrong, nothing, nothing.bool()))
    assert (result.value, result.success, result.l2) == (0.5, 0, None)


def test_nothing_to_lose():
    nothing = torch.zeros(3)
    result = robust_accuracy(
        AttackedSamples(nothing.bool(), ~nothing.bool(), nothing, nothing.bool())
    )
    assert (result.value, result.clean, result.success, result.l2) == (0, 0, None, None)


def test_no_samples():
    nothing = torch.zeros(0)
    samples = AttackedSamples(nothing.bool(), nothing.bool(), nothing, nothing.bool())
    with pytest.raises(ShapeError, match="0 samples, but at least 1"):
        robust_accuracy(samples)
