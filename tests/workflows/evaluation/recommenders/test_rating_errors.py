"""Errors of three predicted ratings: 2.5 for 3, 4.5 for 5, and 2 for 2."""

import pytest

from tests.workflows.evaluation.recommenders.hand_made import by_name, fold, ratings
from xaitool.workflows.evaluation.recommenders.rating_errors import (
    ColdError,
    MeanAbsoluteError,
    RootMeanSquaredError,
)


def test_of_all():
    (squared,) = RootMeanSquaredError("rmse").figures(fold())
    assert (squared.name, squared.cases, squared.power) == ("rmse", 3, 2)
    assert squared.value == pytest.approx((0.5 / 3) ** 0.5)
    (absolute,) = MeanAbsoluteError("mae").figures(fold())
    assert (absolute.name, absolute.cases, absolute.power) == ("mae", 3, 1)
    assert absolute.value == pytest.approx(1 / 3)


def test_of_what_training_knows_nothing_of():
    assert by_name(ColdError("cold-rmse")) == {
        "rmse-warm": (0.5, 1),
        "rmse-cold-user": (None, 0),
        "rmse-cold-item": (pytest.approx(0.125**0.5), 2),
    }
    assert {figure.power for figure in ColdError("cold-rmse").figures(fold())} == {2}


def test_a_pair_may_be_cold_twice():
    found = by_name(ColdError("cold-rmse"), fold(train=ratings((1, 3, 4.0))))
    assert [cases for _, cases in found.values()] == [1, 2, 2]
