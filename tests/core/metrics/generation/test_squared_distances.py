import pytest
import torch

from tests.core.metrics.generation.feature_sets import in_small_parts, normal
from xaitool.core.metrics.generation.squared_distances import rounding, squared_distances


def whole(queries, candidates):
    return torch.cat([part for _, part in squared_distances(queries, candidates)])


@pytest.mark.parametrize("numbers", [1, 64, 2**21])
def test_equals_the_differences_squared(numbers, monkeypatch):
    x, y = normal(23, 7, 1), normal(31, 7, 2, shift=0.5)
    in_small_parts(monkeypatch, numbers)
    wanted = (x[:, None] - y[None]).square().sum(2)
    torch.testing.assert_close(whole(x, y), wanted, rtol=1e-12, atol=1e-12)
    assert torch.cat([x[rows] for rows, _ in squared_distances(x, y)]).equal(x)


def test_memory_is_bounded(monkeypatch):
    in_small_parts(monkeypatch, 100)
    sizes = [part.numel() for _, part in squared_distances(normal(57, 3, 1), normal(40, 3, 2))]
    assert max(sizes) <= 100


@pytest.mark.parametrize("shift", [0.0, 1e6])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_rounding_is_a_tight_bound(scale, shift):
    x, y = (normal(200, 84, seed, scale=scale, shift=shift) for seed in (1, 2))
    x = torch.cat([x, y])  # zeros are where most digits are lost
    error = (whole(x, y) - (x[:, None] - y[None]).square().sum(2)).abs().max()
    assert error <= rounding(x, y)
    assert rounding(x, y) <= 1e-12 * 84 * 84 * scale**2


def test_inputs_are_left_alone():
    x, y = normal(9, 3, 1), normal(8, 3, 2)
    copies = x.clone(), y.clone()
    whole(x, y)
    assert torch.equal(x, copies[0])
    assert torch.equal(y, copies[1])
