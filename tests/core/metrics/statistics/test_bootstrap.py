"""Bootstrap intervals: against scipy, the normal limit, and samples drawn one by one."""

import math

import numpy as np
import pytest
import torch

from xaitool.core.metrics.statistics import bootstrap
from xaitool.core.metrics.statistics.bootstrap import (
    group_means,
    grouped_mean_with_interval,
    mean_with_interval,
    resampled,
    stratified_intervals,
)
from xaitool.core.metrics.statistics.estimate import Estimate, wilson_interval
from xaitool.core.seeding import random_stream
from xaitool.errors import ShapeError

COUNTS = torch.tensor([[[30, 10, 0], [1, 0, 4]], [[0, 0, 0], [5, 70, 25]]])


def test_strata_keep_their_sizes_and_their_shares():
    drawn = resampled(COUNTS, 20_000, random_stream(1))
    assert drawn.shape == (20_000, *COUNTS.shape)
    assert (drawn.sum(-1) == COUNTS.sum(-1)).all()
    assert (drawn[:, COUNTS == 0] == 0).all()
    sizes = COUNTS.sum(-1, keepdim=True).clamp(min=1).double()
    chance = COUNTS / sizes
    error = (sizes * chance * (1 - chance) / len(drawn)).sqrt()
    assert ((drawn.double().mean(0) - COUNTS).abs() <= 5 * error).all()
    # Multinomial: the counts of two outcomes of a stratum have the covariance -n p q.
    first, second = drawn[:, 1, 1, 0].double(), drawn[:, 1, 1, 1].double()
    covariance = ((first - first.mean()) * (second - second.mean())).mean()
    assert covariance.item() == pytest.approx(-100 * 0.05 * 0.7, rel=0.1)


def test_is_what_drawing_samples_gives():
    """The mean of two strata's shares, drawn as a loop over samples would."""
    counts = torch.tensor([[20, 30], [60, 20]])

    def statistics(drawn):
        return (drawn[..., 0] / drawn.sum(-1)).mean(-1, keepdim=True)

    ((low, high),) = stratified_intervals(statistics, counts, random_stream(2), 20_000)
    draw = np.random.default_rng(0)
    strata = [np.repeat([1, 0], row) for row in counts.tolist()]
    means = [
        np.mean([draw.choice(stratum, len(stratum)).mean() for stratum in strata])
        for _ in range(5_000)
    ]
    wanted = np.quantile(means, [0.025, 0.975])
    assert (low, high) == pytest.approx(tuple(wanted), abs=0.006)


def test_one_stratum_is_near_the_interval_of_wilson():
    counts = torch.tensor([[300, 200]])
    found = stratified_intervals(
        lambda drawn: drawn[..., 0].double() / 500, counts, random_stream(3), 20_000
    )
    assert found[0] == pytest.approx(wilson_interval(300, 500), abs=0.004)


def test_a_mean_against_the_normal_limit():
    values = torch.rand(400, generator=random_stream(4), dtype=torch.float64)
    found = mean_with_interval(values, random_stream(5), 20_000)
    half = 1.96 * float(values.std(correction=0)) / math.sqrt(400)
    mean = values.mean().item()
    assert found.value == pytest.approx(mean)
    assert found.count == 400
    assert (found.low, found.high) == pytest.approx((mean - half, mean + half), abs=0.05 * half)


def test_draws_repeat_and_do_not_depend_on_the_memory(monkeypatch):
    values = torch.arange(50.0)
    whole = mean_with_interval(values, random_stream(6))
    assert mean_with_interval(values, random_stream(6)) == whole
    assert mean_with_interval(values, random_stream(7)) != whole
    monkeypatch.setattr(bootstrap, "NUMBERS", 500)
    assert mean_with_interval(values, random_stream(6)) == whole


def test_nothing_to_draw_from():
    assert mean_with_interval(torch.zeros(0), random_stream(0)) == Estimate(None, None, None, 0)
    with pytest.raises(ShapeError, match="a count is -1, but at least 0"):
        resampled(torch.tensor([3, -1]), 2, random_stream(0))


def test_a_mean_of_groups_of_one_is_a_mean() -> None:
    values = torch.rand(30, generator=torch.Generator().manual_seed(0))
    alone = mean_with_interval(values, torch.Generator().manual_seed(1))
    grouped = grouped_mean_with_interval(values, torch.arange(30), torch.Generator().manual_seed(1))
    assert grouped.value == pytest.approx(alone.value)
    assert (grouped.low, grouped.high) == pytest.approx((alone.low, alone.high))


def test_values_of_one_group_are_no_evidence_of_their_own() -> None:
    """Copies of a value leave the interval as it is, which drawing single values would narrow."""
    values = torch.rand(20, generator=torch.Generator().manual_seed(2))
    alone = mean_with_interval(values, torch.Generator().manual_seed(3))
    copies = grouped_mean_with_interval(
        values.repeat(9), torch.arange(20).repeat(9), torch.Generator().manual_seed(3)
    )
    assert copies.count == 180
    assert (copies.low, copies.high) == pytest.approx((alone.low, alone.high))
    nothing = grouped_mean_with_interval(torch.empty(0), torch.empty(0), torch.Generator())
    assert (nothing.value, nothing.count) == (None, 0)


def test_an_interval_of_groups_has_the_width_of_its_ratio() -> None:
    """The delta method for a ratio of means (Cochran 1977, section 2.11)."""
    random = torch.Generator().manual_seed(4)
    sizes = torch.randint(1, 6, (400,), generator=random)
    groups = torch.arange(400).repeat_interleave(sizes)
    values = torch.rand(400, generator=random)[groups] + torch.rand(len(groups), generator=random)
    found = grouped_mean_with_interval(values, groups, random)
    means = torch.tensor(list(group_means(values, groups).values()), dtype=torch.float64)
    counts = groups.bincount().double()
    sums = means * counts
    assert found.low is not None
    assert found.high is not None
    residuals = sums - values.double().mean() * counts
    deviation = residuals.std() / counts.mean() / 400**0.5
    assert found.high - found.low == pytest.approx(2 * 1.96 * deviation.item(), rel=0.1)
