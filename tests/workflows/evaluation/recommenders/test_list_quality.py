"""Quality of lists, in numbers that were found by hand.

The first user's list is the third and the fourth item, and he likes the second and the third; by
popularity it is the second and one of the others, which are equal; in random order each of the
three has its place as often. The second user likes nothing.
"""

import math

import pytest

from tests.workflows.evaluation.recommenders.hand_made import by_name, fold
from xaitool.workflows.evaluation.recommenders.list_quality import DiscountedGain, ListRecall

SECOND = 1 / math.log2(3)  # discount of the second place


def test_recall():
    found = by_name(ListRecall("recall"))
    assert found["recall@2"] == (pytest.approx(1 / 2), 1)
    assert found["recall@2-popularity"] == (pytest.approx(3 / 4), 1)
    assert found["recall@2-random"] == (pytest.approx(2 / 3), 1)


def test_discounted_gain():
    found = by_name(DiscountedGain("ndcg"))
    assert found["ndcg@2"] == (pytest.approx(1 / (1 + SECOND)), 1)
    assert found["ndcg@2-popularity"] == (pytest.approx((1 + SECOND / 2) / (1 + SECOND)), 1)
    assert found["ndcg@2-random"] == (pytest.approx(2 / 3), 1)


@pytest.mark.parametrize("metric", [DiscountedGain("ndcg"), ListRecall("recall")])
def test_length_and_threshold_are_those_of_the_fold(metric):
    found = by_name(metric, fold(top=1, relevant=4.0))
    assert found[f"{metric.name}@1"] == (1, 1)
    assert found[f"{metric.name}@1-popularity"] == (0, 1)
    assert set(by_name(metric, fold(relevant=6.0)).values()) == {(None, 0)}
