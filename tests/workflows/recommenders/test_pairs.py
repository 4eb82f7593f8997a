"""Pairs of a small recommender, taken apart."""

import math

import pytest
import torch

from tests.trained import recommender_run
from tests.workflows.tiny_runs import Recorder
from xaitool.workflows.configs.recommend import RecommendExplainConfig
from xaitool.workflows.recommenders.pairs import by_aspect, explained_pairs, plain
from xaitool.workflows.recommenders.query import Query

NAMES = ("action", "comedy", "drama", "war")


def test_aspects_come_by_their_magnitude():
    values = torch.tensor([[0.5, -2.0, 0.0, 2.0], [1.0, 0.0, 9.0, -0.25]])
    present = torch.tensor([[True, True, False, True], [True, True, False, True]])
    first, second = by_aspect(values, present, NAMES)
    # Of equal magnitudes the first name comes first.
    assert list(first.items()) == [("comedy", -2), ("war", 2), ("action", 0.5)]
    assert list(second.items()) == [("action", 1), ("war", -0.25), ("comedy", 0)]


def test_no_aspect_is_an_empty_mapping():
    assert by_aspect(torch.ones(1, 4), torch.zeros(1, 4).bool(), NAMES) == [{}]


def test_numbers_are_rounded_and_never_minus_zero():
    assert plain(torch.tensor([[1.23456789, -1e-9]])) == [[1.234568, 0.0]]
    assert math.copysign(1, plain(torch.tensor([-1e-9]))[0]) == 1
    assert plain(torch.tensor([3.0, math.nan]))[0] == 3


@pytest.mark.parametrize("base", ["svd", "linear"])
def test_every_pair_has_its_row(base):
    config = RecommendExplainConfig(model=recommender_run(base), user=("u1",), device="cpu")
    query = Query(config, Recorder())
    users, items = torch.tensor([3, 3, 50]), torch.tensor([7, 2, 7])
    rows = explained_pairs(query, query.explainer(), users, items)
    recommender = query.recommender
    assert [row["item"] for row in rows] == [recommender.names.item_ids[i] for i in (7, 2, 7)]
    low, high = recommender.scale
    for row in rows:
        parts = row["mean"] + row["user_bias"] + row["item_bias"] + row["interest"]
        assert row["raw"] == pytest.approx(parts, abs=3e-6)
        assert row["rating"] == min(max(row["raw"], low), high)
        assert sum(map(abs, row["shares"].values())) == pytest.approx(1, abs=1e-5)
    # One pair alone is what it is among others.
    alone = explained_pairs(query, query.explainer(), users[1:2], items[1:2])
    assert alone[0]["aspects"] == pytest.approx(rows[1]["aspects"], abs=2e-6)
