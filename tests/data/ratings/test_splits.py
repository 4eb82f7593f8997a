"""Splits: properties, and scikit-learn's folds row for row."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given, settings
from sklearn.model_selection import KFold

from tests.data.ratings.conftest import small_data
from xaitool.data.ratings.splits import hold_out, k_folds, last_share, leave_one_out
from xaitool.errors import ConfigError, DataError


@given(st.integers(2, 60), st.data(), st.integers(0, 2**40))
def test_folds_hold_every_row_out_once(count: int, draw: st.DataObject, seed: int):
    folds = draw.draw(st.integers(2, count))
    masks = k_folds(count, folds, seed)
    assert (masks.sum(0) == 1).all()
    assert int(masks.sum(1).max()) - int(masks.sum(1).min()) <= 1
    assert torch.equal(masks, k_folds(count, folds, seed))


@pytest.mark.parametrize(("count", "folds", "seed"), [(103, 5, 0), (1000, 10, 7), (2, 2, 1)])
def test_folds_are_those_of_scikit_learn(count: int, folds: int, seed: int):
    expected = KFold(folds, shuffle=True, random_state=seed).split(range(count))
    for mask, (_, test) in zip(k_folds(count, folds, seed), expected, strict=True):
        assert mask.nonzero().squeeze(1).tolist() == sorted(test.tolist())


@pytest.mark.parametrize(("count", "folds"), [(10, 1), (10, 0), (4, 5)])
def test_impossible_folds(count: int, folds: int):
    with pytest.raises(ConfigError, match=f"folds are {folds}, but 2 to {count} are wanted"):
        k_folds(count, folds, 0)


@given(st.integers(2, 300), st.floats(0.001, 0.999), st.integers(0, 99))
def test_hold_out_size(count: int, share: float, seed: int):
    mask = hold_out(count, share, seed)
    assert 1 <= int(mask.sum()) <= count - 1
    assert abs(int(mask.sum()) - share * count) <= 1
    assert torch.equal(mask, hold_out(count, share, seed))


def test_seeds_give_different_splits():
    assert not torch.equal(hold_out(1000, 0.2, 0), hold_out(1000, 0.2, 1))
    assert not torch.equal(k_folds(1000, 5, 0), k_folds(1000, 5, 1))


@pytest.mark.parametrize(("count", "share"), [(10, 0.0), (10, 1.0), (10, -0.5), (1, 0.5)])
def test_impossible_shares(count: int, share: float):
    with pytest.raises(ConfigError, match="held-out share is"):
        hold_out(count, share, 0)


ratings = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 4)), min_size=2, max_size=40
)


@settings(max_examples=60)
@given(ratings, st.floats(0.01, 0.99))
def test_last_share_is_the_latest(rows: list[tuple[int, int, int]], share: float):
    users, items, times = zip(*rows, strict=True)
    mask = last_share(small_data(users, items, times), share).tolist()
    keys = [(time, row) for row, time in enumerate(times)]
    held = [key for key, is_held in zip(keys, mask, strict=True) if is_held]
    assert max(set(keys) - set(held)) < min(held)
    assert 1 <= len(held) <= len(rows) - 1


@settings(max_examples=60)
@given(ratings)
def test_leave_one_out_is_the_latest_of_each_user(rows: list[tuple[int, int, int]]):
    users, items, times = zip(*rows, strict=True)
    mask = leave_one_out(small_data(users, items, times))
    expected = set()
    for user in set(users):
        own = [(time, row) for row, time in enumerate(times) if users[row] == user]
        expected |= {max(own)[1]} if len(own) > 1 else set()
    assert set(mask.nonzero().squeeze(1).tolist()) == expected


def test_splits_by_time_are_refused_without_times():
    data = small_data([0, 0, 1], [0, 1, 0])
    for split in (lambda: last_share(data, 0.2), lambda: leave_one_out(data)):
        with pytest.raises(DataError, match="dataset 'small' has no time stamps, or all are equal"):
            split()
