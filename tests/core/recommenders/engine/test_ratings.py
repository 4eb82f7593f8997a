"""Ratings as tensors, and what is none."""

from __future__ import annotations

import pytest
import torch

from xaitool.core.recommenders.engine.ratings import Ratings
from xaitool.errors import ShapeError

USERS, ITEMS = torch.tensor([0, 2, 1]), torch.tensor([1, 0, 1])
VALUES = torch.tensor([1.0, 5.0, 3.0])


@pytest.mark.parametrize("rows", [slice(1, 3), torch.tensor([1, 2]), VALUES > 2])
def test_some_ratings_are_of_the_same_population(rows: slice | torch.Tensor) -> None:
    some = Ratings(USERS, ITEMS, VALUES, 4, 2).select(rows)
    assert (some.users.tolist(), some.items.tolist()) == ([2, 1], [0, 1])
    assert some.values.tolist() == [5, 3]
    assert (some.user_count, some.item_count) == (4, 2)
    assert len(some) == 2


def test_no_ratings_are_ratings() -> None:
    assert len(Ratings(USERS[:0], ITEMS[:0], VALUES[:0], 4, 2)) == 0


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"shapes \[\(2,\), \(3,\)\], but one \(n,\)"):
        Ratings(USERS, ITEMS[:2], VALUES, 4, 2)
    with pytest.raises(ShapeError, match=r"shapes \[\(3, 1\)\], but one"):
        Ratings(USERS[:, None], ITEMS[:, None], VALUES[:, None], 4, 2)
    with pytest.raises(ShapeError, match="users are not int64 indices below 2"):
        Ratings(USERS, ITEMS, VALUES, 2, 2)
    with pytest.raises(ShapeError, match="items are not int64 indices below 2"):
        Ratings(USERS, ITEMS - 1, VALUES, 4, 2)
    with pytest.raises(ShapeError, match="users are not int64 indices below 4"):
        Ratings(USERS.int(), ITEMS, VALUES, 4, 2)
