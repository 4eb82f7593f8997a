"""What is no set of features is refused before it is compared."""

from __future__ import annotations

import pytest
import torch

from xaitool.core.metrics.generation.feature_check import check_features
from xaitool.errors import ShapeError


@pytest.mark.parametrize(
    "features", [torch.zeros(3), torch.zeros(1, 4), torch.zeros(3, 4).int(), torch.zeros(2, 2, 2)]
)
def test_what_is_no_matrix_of_two_samples_is_refused(features: torch.Tensor) -> None:
    with pytest.raises(ShapeError, match=r"but floating \(samples, features\) with at least 2"):
        check_features(features)


def test_both_sets_want_as_many_features() -> None:
    check_features(torch.zeros(2, 4), 4)
    check_features(torch.zeros(2, 4).half())
    with pytest.raises(ShapeError, match="second set has 4 features, but the first has 5"):
        check_features(torch.zeros(2, 4), 5)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_a_single_value_that_is_no_number_is_seen(bad: float) -> None:
    features = torch.zeros(30, 4)
    features[29, 3] = bad
    with pytest.raises(ShapeError, match="hold NaN or infinite values, but finite ones"):
        check_features(features)
