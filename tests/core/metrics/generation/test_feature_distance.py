import math

import pytest
import torch

from tests.core.metrics.generation.feature_sets import in_small_parts, normal, on_a_line
from xaitool.core.metrics.generation.feature_distance import feature_distance, mean_distance
from xaitool.errors import ShapeError


@pytest.mark.parametrize("numbers", [1, 2**21])
def test_equals_the_mean_over_pairs(numbers, monkeypatch):
    in_small_parts(monkeypatch, numbers)
    features = normal(30, 6, 1)
    assert mean_distance(features) == pytest.approx(torch.pdist(features).mean().item(), rel=1e-12)


def test_on_a_line():
    assert mean_distance(on_a_line(0, 1, 4)) == pytest.approx((1 + 4 + 3) / 3, rel=1e-12)


def test_copies_are_at_no_distance_at_all():
    assert mean_distance(normal(1, 84, 1, scale=9.0).expand(50, 84)) == 0


@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e4])
@pytest.mark.parametrize("shift", [0.0, 7.0])
def test_scale_counts_and_place_does_not(scale, shift):
    features = normal(40, 5, 1)
    wanted = scale * mean_distance(features)
    assert mean_distance(scale * (features + shift)) == pytest.approx(wanted, rel=1e-9)


def test_it_is_a_ratio_to_the_real_ones():
    features = normal(40, 5, 1)
    own = mean_distance(features)
    assert feature_distance(features, own) == 1
    assert feature_distance(features / 4, own) == pytest.approx(0.25)
    assert feature_distance(features[:1].expand(40, 5), own) == 0
    assert math.isnan(feature_distance(features, 0.0))


def test_one_sample_is_refused():
    with pytest.raises(ShapeError, match="at least 2"):
        mean_distance(normal(1, 4, 1))
