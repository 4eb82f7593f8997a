from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.core.metrics.generation.gathered import CASES, dead, normal, statistics
from xaitool.core.metrics.generation.fid import fid
from xaitool.errors import ShapeError


def exact(x, y):
    """The trace of the root from the samples themselves, with no square root of a matrix."""
    shift = x.mean(0) - y.mean(0)
    x = (x - x.mean(0)) / (len(x) - 1) ** 0.5
    y = (y - y.mean(0)) / (len(y) - 1) ** 0.5
    overlap = torch.linalg.matrix_norm(x @ y.T, ord="nuc")
    return (shift @ shift + x.square().sum() + y.square().sum() - 2 * overlap).item()


@pytest.mark.parametrize("name", CASES)
def test_equals_the_distance_from_the_samples(name):
    x, y = CASES[name]
    assert fid(statistics(x), statistics(y)) == pytest.approx(exact(x, y), rel=1e-10)


@pytest.mark.oracle
@pytest.mark.parametrize("name", CASES)
def test_equals_torch_fidelity(name):
    oracle = pytest.importorskip("torch_fidelity.metric_fid")
    x, y = CASES[name]
    wanted = oracle.fid_statistics_to_metric(
        oracle.fid_features_to_statistics(x), oracle.fid_features_to_statistics(y), False
    )["frechet_inception_distance"]
    assert fid(statistics(x), statistics(y)) == pytest.approx(wanted, rel=1e-6)


@pytest.mark.oracle
def test_equals_the_root_of_scipy():
    linalg = pytest.importorskip("scipy.linalg")
    x, y = (one.numpy() for one in CASES["full-rank"])
    a, b = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    shift = x.mean(0) - y.mean(0)
    wanted = shift @ shift + np.trace(a + b - 2 * linalg.sqrtm(a @ b).real)
    assert fid(statistics(torch.from_numpy(x)), statistics(torch.from_numpy(y))) == pytest.approx(
        wanted, rel=1e-6
    )


def test_full_ranks_need_no_eigenvectors(monkeypatch):
    monkeypatch.setattr(torch.linalg, "eigh", None)
    for name in ("full-rank", "wide-spectrum", "tiny-scale"):
        x, y = CASES[name]
        fid(statistics(x), statistics(y))


def test_features_that_are_dead_in_a_set_need_no_eigenvectors(monkeypatch):
    monkeypatch.setattr(torch.linalg, "eigh", None)
    x, y = (dead(normal(400, 40, seed), share) for seed, share in ((1, 0.3), (2, 0.4)))
    assert fid(statistics(x), statistics(y)) == pytest.approx(exact(x, y), rel=1e-10)


def test_diagonal_covariances_have_a_closed_form():
    deviations_x = torch.tensor([1.0, 2.0, 0.5], dtype=torch.float64)
    deviations_y = torch.tensor([3.0, 0.0, 0.5], dtype=torch.float64)
    corners = torch.cartesian_prod(*[torch.tensor([-1.0, 1.0], dtype=torch.float64)] * 3)
    corners = corners * (7 / 8) ** 0.5  # ddof 1: eight samples of variance one
    x, y = corners * deviations_x, corners * deviations_y + 2.0
    wanted = 3 * 4.0 + (deviations_x - deviations_y).square().sum().item()
    assert fid(statistics(x), statistics(y)) == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("name", CASES)
def test_a_set_is_at_no_distance_from_itself(name):
    x, _ = CASES[name]
    own = statistics(x)
    assert abs(fid(own, own)) < 1e-12 * own.covariance.trace().item() * x.shape[1]


def test_is_symmetric():
    x, y = (statistics(one) for one in CASES["dead-units"])
    assert fid(x, y) == pytest.approx(fid(y, x), rel=1e-10)


def test_constant_features_leave_the_means():
    x, y = torch.zeros(5, 3), torch.ones(4, 3)
    assert fid(statistics(x), statistics(y)) == 3.0


def test_one_sample_is_refused():
    with pytest.raises(ShapeError, match="1 samples, but at least 2"):
        fid(statistics(torch.zeros(1, 4)), statistics(torch.zeros(5, 4)))


def test_different_numbers_of_features_are_refused():
    with pytest.raises(ShapeError, match="5 features, but the first has 4"):
        fid(statistics(torch.zeros(3, 4)), statistics(torch.zeros(3, 5)))
    with pytest.raises(ShapeError, match="5 columns, but 4"):
        statistics(torch.zeros(3, 4)).update(torch.zeros(3, 5))


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_features_that_are_no_numbers_are_refused(bad):
    features = torch.randn(10, 4)
    features[3, 1] = bad
    with pytest.raises(ShapeError, match="NaN or infinite"):
        fid(statistics(features), statistics(torch.randn(10, 4)))
