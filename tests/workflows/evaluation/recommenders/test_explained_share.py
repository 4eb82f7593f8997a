"""The explained share, of vectors and embeddings in a plane."""

import pytest
import torch

from tests.workflows.evaluation.recommenders.hand_made import (
    ASPECTS,
    by_name,
    data,
    fold,
    linear,
    ratings,
)
from xaitool import registry
from xaitool.core.recommenders.aspects.amcf import Amcf
from xaitool.workflows.evaluation.recommenders.explained_share import ExplainedShare
from xaitool.workflows.recommenders.recipe import FittedModel


def planar():
    """a lies along the first axis and b along the second."""
    model = registry.load("base", "svd")(2, 4, factors=2)
    model.item_factors = torch.tensor([[3.0, 4.0], [1.0, 1.0], [2.0, 1.0], [1.0, 0.0]])
    amcf = Amcf(model, ASPECTS)
    amcf.embeddings = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    return FittedModel(model, amcf)


def test_rated_items_count_once():
    # Of (3, 4) along the first axis 9/25, of (1, 1) along the second a half, of (2, 1) all.
    train = ratings((0, 0, 1.0), (1, 0, 2.0), (0, 1, 3.0), (1, 2, 4.0))
    found = by_name(ExplainedShare("explained-share"), fold(fitted=planar(), train=train))
    share, cases = found["explained-share"]
    assert (share, cases) == (pytest.approx((9 / 25 + 1 / 2 + 1) / 3, abs=1e-6), 3)
    # One direction of two is a half of a plane, two are all of it.
    by_chance, cases = found["explained-share-random"]
    assert (by_chance, cases) == (pytest.approx((1 / 2 + 1 / 2 + 1) / 3, abs=1e-6), 3)


def test_a_base_without_vectors():
    metric = ExplainedShare("explained-share")
    assert metric.unmeasurable(linear(), data()) == "its base has no item vectors"
    assert metric.unmeasurable(planar(), data()) is None
    with pytest.raises(ValueError, match="has no AMCF"):
        list(metric.figures(fold()))
