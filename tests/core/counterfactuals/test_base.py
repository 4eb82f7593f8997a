"""Which value an attribute takes in the counterfactual."""

from __future__ import annotations

import pytest
import torch

from xaitool.core.counterfactuals.base import counterfactual_values
from xaitool.errors import ConfigError, ShapeError


@pytest.mark.parametrize("draw", [True, False])
def test_of_two_values_it_is_the_other(draw: bool):
    values = torch.randint(0, 2, (50, 3), generator=torch.Generator().manual_seed(0))
    random = torch.Generator().manual_seed(1) if draw else None
    assert torch.equal(counterfactual_values(values, (2, 2, 2), random), 1 - values)


def test_of_more_it_is_the_next_one_or_drawn_among_the_others():
    values = torch.arange(5).repeat(4000)[:, None]
    assert counterfactual_values(values[:5], (5,)).squeeze(1).tolist() == [1, 2, 3, 4, 0]
    drawn = counterfactual_values(values, (5,), torch.Generator().manual_seed(0))
    counts = torch.bincount((values * 5 + drawn).squeeze(1), minlength=25).view(5, 5)
    assert (counts.diagonal() == 0).all()
    others = counts[~torch.eye(5, dtype=torch.bool)]
    assert (others - 1000).abs().max() < 5 * (4000 * 0.25 * 0.75) ** 0.5
    again = counterfactual_values(values, (5,), torch.Generator().manual_seed(0))
    assert torch.equal(drawn, again)
    assert not torch.equal(drawn, counterfactual_values(values, (5,), torch.Generator()))


def test_columns_are_drawn_independently():
    values = torch.zeros(6000, 2, dtype=torch.int64)
    drawn = counterfactual_values(values, (3, 4), torch.Generator().manual_seed(0))
    joint = torch.bincount(drawn[:, 0] * 4 + drawn[:, 1], minlength=12).view(3, 4)[1:, 1:]
    assert (joint - 1000).abs().max() < 5 * (1000 * 5 / 6) ** 0.5


def test_without_attributes_there_is_nothing_to_change():
    assert counterfactual_values(torch.empty(3, 0, dtype=torch.int64), ()).shape == (3, 0)


def test_bad_input():
    with pytest.raises(ShapeError, match=r"attributes are \(3, 2\), but \(N, 1\)"):
        counterfactual_values(torch.zeros(3, 2, dtype=torch.int64), (2,))
    with pytest.raises(ConfigError, match="an attribute has one value"):
        counterfactual_values(torch.zeros(3, 1, dtype=torch.int64), (1,))
