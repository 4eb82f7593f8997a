import math

import pytest
import torch

from tests.core.metrics.generation.feature_sets import in_small_parts, normal, on_a_line
from tests.reference import neighbour_balls
from xaitool.core.metrics.generation.density_coverage import density_coverage
from xaitool.core.metrics.generation.manifold import Manifold
from xaitool.errors import ShapeError

CASES = {
    "alike": (normal(60, 5, 1), normal(50, 5, 2)),
    "narrow": (normal(60, 5, 3), normal(70, 5, 4, scale=0.3)),
    "one-generated": (normal(40, 3, 5), normal(2, 3, 6)),
}


def measured(real, generated, neighbours=5):
    return density_coverage(Manifold.of(real), generated, neighbours=neighbours)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("neighbours", [1, 5])
@pytest.mark.parametrize("numbers", [100, 2**21])
def test_equals_the_comparison_of_all_pairs(name, neighbours, numbers, monkeypatch):
    in_small_parts(monkeypatch, numbers)
    real, generated = CASES[name]
    wanted = neighbour_balls.density_coverage(real.tolist(), generated.tolist(), neighbours)
    assert measured(real, generated, neighbours) == pytest.approx(wanted, abs=1e-12)


def test_on_a_line():
    real, generated = on_a_line(0, 1, 2, 10), on_a_line(0.5, 30)
    # Balls [-1, 1], [0, 2], [1, 3], [2, 18]: the first sample is in two of them.
    assert measured(real, generated, 1) == (2 / 2, 2 / 4)


@pytest.mark.parametrize("neighbours", [1, 3, 5])
def test_copies_have_a_closed_form(neighbours):
    real = normal(300, 84, 1, scale=7.0, shift=3.0).relu()
    # In each closed ball lie its centre and its neighbours, whatever rounding does.
    assert measured(real, real.flip(0), neighbours) == ((neighbours + 1) / neighbours, 1)


def test_equal_distributions_have_a_known_coverage():
    count, neighbours = 150, 5
    missed = math.prod((count - i) / (2 * count - i) for i in range(1, neighbours + 1))
    found = [measured(normal(count, 4, seed), normal(count, 4, seed + 1000)) for seed in range(60)]
    coverage = torch.tensor([one.coverage for one in found], dtype=torch.float64)
    density = torch.tensor([one.density for one in found], dtype=torch.float64)
    assert abs(coverage.mean() - (1 - missed)) < 4 * coverage.std() / 60**0.5
    assert abs(density.mean() - 1) < 4 * density.std() / 60**0.5


def test_one_odd_sample_covers_no_more_than_itself():
    real = normal(200, 3, 1)
    crowd = normal(100, 3, 2, scale=0.05)
    odd = torch.full((2, 3), 50.0, dtype=torch.float64)
    before, after = measured(real, crowd), measured(real, torch.cat([crowd, odd]))
    assert before.coverage == after.coverage
    assert after.density == pytest.approx(before.density * 100 / 102)


def test_float32_features_are_compared_in_float64():
    real, generated = CASES["alike"]
    found = measured(real.float(), generated.float())
    assert found == measured(real.float().double(), generated.float().double())


def test_wrong_features_are_refused():
    with pytest.raises(ShapeError, match="5 features, but the first has 4"):
        measured(normal(10, 4, 1), normal(10, 5, 1))
    with pytest.raises(ShapeError, match="NaN or infinite"):
        measured(normal(10, 4, 1), torch.full((3, 4), torch.inf))
