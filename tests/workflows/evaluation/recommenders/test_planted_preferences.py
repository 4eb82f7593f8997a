"""Correlation with planted preferences, by the formula of Spearman."""

import pytest

from tests.workflows.evaluation.recommenders.hand_made import by_name, data, fold, linear
from xaitool.workflows.evaluation.recommenders.planted_preferences import PlantedPreferences


def test_ranks_are_compared():
    found = by_name(PlantedPreferences("planted"))
    # The first user's order is found; of the second's two neighbours change places, which leaves
    # 1 - 6 · 2 / (3 · 8). The order by popularity has two such neighbours for both.
    assert found["planted"] == (pytest.approx((1 + 1 / 2) / 2), 2)
    assert found["planted-popularity"] == (pytest.approx(1 / 2), 2)
    assert -1 <= found["planted-random"][0] <= 1


def test_real_ratings_have_none():
    metric = PlantedPreferences("planted")
    reason = "only synthetic-ratings has planted preferences"
    assert metric.unmeasurable(linear(), data()) == reason
    assert metric.unmeasurable(linear(), data(planted=fold().planted)) is None
    with pytest.raises(ValueError, match="no planted preferences"):
        list(metric.figures(fold(planted=None)))
