"""Means and covariances gathered batch by batch, beside those of all at once."""

from __future__ import annotations

import io

import pytest
import torch

from tests.core.metrics.generation.gathered import CASES, statistics
from xaitool.core.metrics.generation.feature_statistics import FeatureStatistics
from xaitool.errors import ShapeError


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


@pytest.mark.parametrize("bad", [torch.zeros(3), torch.zeros(2, 3, 4), torch.zeros(2, 3).long()])
def test_what_is_no_feature_matrix_is_refused(bad):
    with pytest.raises(ShapeError, match="floating"):
        FeatureStatistics().update(bad)


def test_before_two_samples_there_is_no_covariance():
    gathered = FeatureStatistics()
    gathered.update(torch.zeros(0, 4))
    assert gathered.count == 0
    assert gathered.mean.shape == (0,)
    gathered.update(torch.ones(1, 4))
    with pytest.raises(ShapeError, match="the features have 1 samples, but at least 2"):
        gathered.covariance  # noqa: B018


def test_numbers_that_a_reader_can_add_up():
    gathered = FeatureStatistics()
    gathered.update(torch.tensor([[1.0, 2.0], [3.0, 6.0]]))
    gathered.update(torch.tensor([[5.0, 1.0]]))
    assert gathered.mean.tolist() == [3, 3]
    assert gathered.covariance.tolist() == [[4, -1], [-1, 7]]
