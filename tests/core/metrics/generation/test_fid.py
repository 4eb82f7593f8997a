import io

import numpy as np
import pytest
import torch

from xaitool.core.metrics.generation.feature_statistics import FeatureStatistics
from xaitool.core.metrics.generation.fid import fid
from xaitool.errors import ShapeError


def normal(count, dimension, seed, *, scale=1.0, shift=0.0):
    generator = torch.Generator().manual_seed(seed)
    mixing = torch.randn(dimension, dimension, generator=generator, dtype=torch.float64)
    noise = torch.randn(count, dimension, generator=generator, dtype=torch.float64)
    return scale * noise @ mixing / dimension**0.5 + shift


def statistics(features, *, batch=None):
    gathered = FeatureStatistics()
    for part in features.split(batch or len(features)):
        gathered.update(part)
    return gathered


def exact(x, y):
    """The trace of the root from the samples themselves, with no square root of a matrix."""
    shift = x.mean(0) - y.mean(0)
    x = (x - x.mean(0)) / (len(x) - 1) ** 0.5
    y = (y - y.mean(0)) / (len(y) - 1) ** 0.5
    overlap = torch.linalg.matrix_norm(x @ y.T, ord="nuc")
    return (shift @ shift + x.square().sum() + y.square().sum() - 2 * overlap).item()


def dead(features, share):
    """Rectified features, some of them never active."""
    features = features.relu()
    features[:, : int(features.shape[1] * share)] = 0
    return features


def wide(count, dimension, seed):
    """Variances from 1 down to a ten-millionth, in directions that both sets share."""
    mixing = torch.linalg.qr(normal(dimension, dimension, 0)).Q
    scales = torch.arange(1, dimension + 1, dtype=torch.float64) ** -2
    noise = torch.randn(
        count, dimension, generator=torch.Generator().manual_seed(seed), dtype=torch.float64
    )
    return noise * scales @ mixing


CASES = {
    "full-rank": (normal(500, 64, 1), normal(600, 64, 2, shift=0.3)),
    "few-samples": (normal(100, 128, 3), normal(90, 128, 4)),
    "one-set-small": (normal(20, 48, 5), normal(400, 48, 6)),
    "dead-units": (dead(normal(400, 96, 7), 0.3), dead(normal(300, 96, 8), 0.4)),
    "wide-spectrum": (wide(300, 64, 11), wide(400, 64, 12)),
    "sum-is-one": (normal(300, 32, 13).softmax(1), normal(300, 32, 14).softmax(1)),
    "tiny-scale": (normal(300, 32, 9, scale=1e-6), normal(300, 32, 10, scale=1e-6)),
}


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


@pytest.mark.parametrize("batch", [1, 7, 100, 500])
def test_streaming_equals_one_shot(batch):
    x = CASES["full-rank"][0]
    streamed = statistics(x, batch=batch)
    assert streamed.count == 500
    torch.testing.assert_close(streamed.mean, x.mean(0), rtol=1e-12, atol=1e-14)
    torch.testing.assert_close(streamed.covariance, x.T.cov(), rtol=1e-11, atol=1e-13)


def test_a_mean_far_from_zero_costs_no_precision():
    x = CASES["full-rank"][0]
    far = statistics(x + 1e6, batch=50)
    torch.testing.assert_close(far.covariance, x.T.cov(), rtol=1e-8, atol=1e-9)


def test_float32_features_are_summed_in_float64():
    x = CASES["full-rank"][0].float()
    gathered = statistics(x, batch=50)
    assert gathered.mean.dtype == gathered.covariance.dtype == torch.float64
    torch.testing.assert_close(gathered.covariance, x.double().T.cov(), rtol=1e-11, atol=1e-13)


def test_a_mean_that_was_read_does_not_change_afterwards():
    own = statistics(CASES["full-rank"][0])
    mean, state = own.mean, own.to_dict()
    copies = mean.clone(), state["scatter"].clone()
    own.update(CASES["full-rank"][1])
    assert torch.equal(mean, copies[0])
    assert torch.equal(state["scatter"], copies[1])


def test_update_never_reads_a_value():
    # A meta tensor has none; a GPU would have to be waited for.
    gathered = FeatureStatistics()
    for _ in range(2):
        gathered.update(torch.zeros(3, 4, device="meta"))
    assert gathered.count == 6


def test_state_survives_a_safe_file():
    own = statistics(CASES["full-rank"][0])
    file = io.BytesIO()
    torch.save(own.to_dict(), file)
    file.seek(0)
    again = FeatureStatistics.from_dict(torch.load(file, weights_only=True))
    assert again.count == own.count
    assert torch.equal(again.mean, own.mean)
    assert torch.equal(again.covariance, own.covariance)


def test_a_foreign_state_is_refused():
    with pytest.raises(ShapeError, match=r"keys \['mean'\]"):
        FeatureStatistics.from_dict({"mean": torch.zeros(3)})


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


@pytest.mark.parametrize("bad", [torch.zeros(3), torch.zeros(2, 3, 4), torch.zeros(2, 3).long()])
def test_what_is_no_feature_matrix_is_refused(bad):
    with pytest.raises(ShapeError, match="floating"):
        FeatureStatistics().update(bad)
