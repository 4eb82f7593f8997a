"""Shares and means of judged baselines, whatever the batches."""

import pytest
import torch

from xaitool.core.metrics.explanation.baseline_validity import BaselineValidity, JudgedBaselines
from xaitool.core.metrics.statistics.estimate import wilson_interval
from xaitool.errors import ShapeError

HITS = torch.tensor([1, 1, 0, 1, 0, 1, 1], dtype=torch.bool)
FACTS = torch.rand(5, 7, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def judged(rows, others=2):
    agreements = torch.stack([~HITS, HITS])[:others]
    return JudgedBaselines(HITS[rows], agreements[:, rows], *FACTS[:, rows])


@pytest.mark.parametrize("size", [1, 3, 7])
def test_shares_and_means(size):
    validity = BaselineValidity()
    for start in range(0, 7, size):
        validity.update(judged(slice(start, start + size)))
    result = validity.compute()
    assert result.count == 7
    assert result.hit_rate == pytest.approx(5 / 7)
    assert result.interval == wilson_interval(5, 7)
    assert result.agreements == pytest.approx((2 / 7, 5 / 7))
    means = (result.l1, result.l2, result.nearest, result.nearest_target)
    assert (*means, result.colour) == pytest.approx(FACTS.mean(1).tolist())


def test_black_baselines_have_no_colour():
    facts = FACTS.clone()
    facts[4, :5] = torch.nan
    validity = BaselineValidity()
    validity.update(JudgedBaselines(HITS, HITS[None], *facts))
    assert validity.compute().colour == pytest.approx(facts[4, 5:].mean().item())
    facts[4] = torch.nan
    validity = BaselineValidity()
    validity.update(JudgedBaselines(HITS, HITS[None], *facts))
    assert validity.compute().colour is None


def test_without_other_classifiers():
    validity = BaselineValidity()
    validity.update(judged(slice(None), others=0))
    assert validity.compute().agreements == ()


def test_nothing():
    with pytest.raises(ShapeError, match="has 0 baselines"):
        BaselineValidity().compute()
