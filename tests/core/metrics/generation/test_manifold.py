import pytest
import torch

from tests.core.metrics.generation.feature_sets import in_small_parts, normal, on_a_line
from tests.reference import neighbour_balls
from xaitool.core.metrics.generation.manifold import Manifold
from xaitool.errors import ShapeError


@pytest.mark.parametrize("numbers", [1, 100, 2**21])
def test_radii_equal_a_search_of_all_pairs(numbers, monkeypatch):
    in_small_parts(monkeypatch, numbers)
    features = normal(40, 6, 1)
    found = Manifold.of(features, 5)
    for neighbours in range(1, 6):
        wanted = torch.tensor(neighbour_balls.radii(features.tolist(), neighbours))
        radii = found.radii(neighbours, features).sqrt()
        torch.testing.assert_close(radii, wanted.double(), rtol=1e-6, atol=0)


def test_neighbours_on_a_line():
    nearest = Manifold.of(on_a_line(0, 1, 3, 7), 2).nearest
    assert nearest.tolist() == [[1, 9], [1, 4], [4, 9], [16, 36]]


def test_copies_are_neighbours_at_no_distance():
    features = torch.cat([normal(1, 84, 1).expand(4, 84), normal(3, 84, 2)])
    nearest = Manifold.of(features, 4).nearest
    assert nearest[:4, :3].abs().max() < 1e-10
    assert nearest[:4, 3].min() > 1
    assert nearest[4:].min() > 1


def test_few_samples_have_few_neighbours():
    assert Manifold.of(normal(3, 4, 1), 5).nearest.shape == (3, 2)


def test_float32_features_are_compared_in_float64():
    features = normal(30, 5, 1).float()
    assert torch.equal(Manifold.of(features).nearest, Manifold.of(features.double()).nearest)


@pytest.mark.parametrize("neighbours", [0, 3])
def test_unknown_neighbours_are_refused(neighbours):
    features = normal(10, 4, 1)
    with pytest.raises(ShapeError, match="1 to 2 are known"):
        Manifold.of(features, 2).radii(neighbours, features)


@pytest.mark.parametrize(
    "bad",
    [torch.zeros(3), torch.zeros(1, 4), torch.zeros(3, 4).long(), torch.full((3, 4), torch.nan)],
)
def test_what_is_no_set_of_features_is_refused(bad):
    with pytest.raises(ShapeError):
        Manifold.of(bad)
