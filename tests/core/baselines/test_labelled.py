"""Labelled images from which a baseline chooses."""

from __future__ import annotations

import pytest
import torch

from tests.core.baselines.labelled_set import LabelledSet
from xaitool.core.baselines.labelled import images_like, indices_of
from xaitool.errors import DataError, ShapeError

DATA = LabelledSet(torch.rand(5, 2, 3, 3), torch.tensor([2, 0, 2, 1, 2]))


def test_where_the_images_of_a_class_are() -> None:
    assert indices_of(DATA, 2).tolist() == [0, 2, 4]
    assert indices_of(DATA, 1).tolist() == [3]
    with pytest.raises(DataError, match="the dataset has no image of class 7"):
        indices_of(DATA, 7)


def test_images_take_the_dtype_of_those_that_they_stand_beside() -> None:
    found = images_like(DATA, torch.tensor([4, 0, 4]), torch.zeros(1, 2, 3, 3).double())
    assert found.dtype == torch.float64
    assert found.equal(DATA.pixels[[4, 0, 4]].double())


def test_images_of_another_shape_are_refused() -> None:
    wanted = r"images are \(1, 3, 3\), but those of the dataset are \(2, 3, 3\)"
    with pytest.raises(ShapeError, match=wanted):
        images_like(DATA, torch.tensor([0]), torch.zeros(4, 1, 3, 3))
