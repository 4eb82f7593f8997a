"""Against SciPy, and against all choices of signs."""

from __future__ import annotations

from itertools import product

import pytest
import scipy.stats
import torch

from xaitool.core.metrics.statistics.signed_rank import signed_rank


def drawn(count: int, seed: int, shift: float = 0.3) -> torch.Tensor:
    random = torch.Generator().manual_seed(seed)
    return torch.randn(count, generator=random, dtype=torch.float64) + shift


@pytest.mark.parametrize("count", [1, 2, 7, 50])
def test_few_differences_are_exact(count: int) -> None:
    for seed in range(5):
        values = drawn(count, seed)
        wanted = scipy.stats.wilcoxon(values.numpy(), method="exact")
        found = signed_rank(values)
        assert found.statistic == pytest.approx(wanted.statistic)
        assert found.p == pytest.approx(wanted.pvalue, rel=1e-10)


def test_exact_is_the_share_of_all_choices_of_signs() -> None:
    values = torch.tensor([0.5, -1.0, 2.0, -4.0, 8.0, 16.0])
    sums = [
        sum(rank for rank, up in zip(range(1, 7), signs, strict=True) if up)
        for signs in product((0, 1), repeat=6)
    ]
    smaller = sum(one <= signed_rank(values).statistic for one in sums)
    assert signed_rank(values).p == pytest.approx(2 * smaller / 64)


@pytest.mark.parametrize("count", [51, 200])
def test_many_differences_are_normal(count: int) -> None:
    values = drawn(count, count, 0.1)
    wanted = scipy.stats.wilcoxon(values.numpy(), method="asymptotic")
    assert signed_rank(values).p == pytest.approx(wanted.pvalue, rel=1e-10)


def test_ties_and_zeros() -> None:
    values = (drawn(60, 3) * 2).round()
    assert (values == 0).any()
    wanted = scipy.stats.wilcoxon(values.numpy(), method="asymptotic", zero_method="wilcox")
    found = signed_rank(values)
    assert found.count == int((values != 0).sum())
    assert found.p == pytest.approx(wanted.pvalue, rel=1e-10)


def test_nothing_differs() -> None:
    for values in (torch.zeros(4), torch.empty(0)):
        assert (signed_rank(values).p, signed_rank(values).count) == (1.0, 0)


def test_the_order_and_the_sign_do_not_matter() -> None:
    values = drawn(9, 1)
    assert signed_rank(values.flip(0)).p == signed_rank(-values).p == signed_rank(values).p
