from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from xaitool.data.splits import stratified_split
from xaitool.errors import ConfigError

FROZEN = [3, 4, 7, 8, 12, 17]


@given(
    labels=st.lists(st.integers(0, 4), min_size=1, max_size=80),
    fraction=st.floats(0.01, 0.99),
    seed=st.integers(0, 2**32),
)
def test_split_is_a_stratified_partition(labels: list[int], fraction: float, seed: int):
    tensor = torch.tensor(labels)
    train, held_out = stratified_split(tensor, fraction, seed)
    assert sorted(train.tolist() + held_out.tolist()) == list(range(len(labels)))
    assert train.tolist() == sorted(train.tolist())
    for label in set(labels):
        members = labels.count(label)
        count = int((tensor[held_out] == label).sum())
        if members == 1:
            assert count == 0
        else:
            assert 1 <= count <= members - 1
            assert abs(count - fraction * members) <= 1


def test_split_is_the_same_for_ever():
    labels = torch.tensor([0, 1] * 10)
    _, held_out = stratified_split(labels, 0.3, 7)
    assert held_out.tolist() == FROZEN
    assert stratified_split(labels, 0.3, 8)[1].tolist() != FROZEN


@pytest.mark.parametrize("fraction", [1.0, -1.0, float("nan")])
def test_fraction_out_of_range(fraction: float):
    with pytest.raises(ConfigError, match="but a number from 0 to less than 1 is wanted"):
        stratified_split(torch.tensor([0, 1]), fraction, 0)


def test_of_no_fraction_none_is_held_out():
    train, held_out = stratified_split(torch.tensor([0, 1, 1]), 0.0, 0)
    assert (train.tolist(), held_out.tolist()) == ([0, 1, 2], [])
