"""Where samples lie among one another."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from xaitool.core.metrics.classification.feature_layout import class_separation, flat_layout
from xaitool.errors import ShapeError


def clusters(apart: float, each: int = 20) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(3).repeat_interleave(each)
    centres = apart * torch.eye(3, 5)
    return centres[labels] + torch.randn(len(labels), 5, generator=generator), labels


def test_clusters_stay_clusters_in_the_plane() -> None:
    features, labels = clusters(20)
    places = flat_layout(features, seed=0)
    assert places.shape == (60, 2)
    assert places.dtype == torch.float32
    nearest = (torch.cdist(places, places) + 1e9 * torch.eye(60)).argmin(1)
    assert bool((labels[nearest] == labels).all())


def test_the_seed_decides() -> None:
    features, _ = clusters(1, each=4)
    assert flat_layout(features, seed=3).equal(flat_layout(features, seed=3))
    flat_layout(features, seed=2**62)


@pytest.mark.parametrize("shape", [(4, 3), (6, 1)])
def test_few_samples_and_few_features(shape: tuple[int, int]) -> None:
    features = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    assert bool(flat_layout(features, seed=0).isfinite().all())


def test_equal_features_have_one_place() -> None:
    assert flat_layout(torch.ones(5, 3), seed=0).tolist() == [[0, 0]] * 5


def silhouette(features: Tensor, labels: Tensor) -> float:
    distances = torch.cdist(features.double(), features.double())
    values = []
    for index, label in enumerate(labels.tolist()):
        own = labels == label
        a = float(distances[index, own].sum() / (own.sum() - 1))
        others = [distances[index, labels == one].mean() for one in range(3) if one != label]
        b = float(min(others))
        values.append((b - a) / max(a, b))
    return sum(values) / len(values)


@pytest.mark.parametrize("apart", [0, 2, 20])
def test_separation_is_the_definition(apart: float) -> None:
    found = class_separation(*clusters(apart))
    assert found is not None
    assert math.isclose(found, silhouette(*clusters(apart)), rel_tol=1e-6, abs_tol=1e-9)


def test_separation_grows_with_the_distance() -> None:
    near, middle, far = (class_separation(*clusters(apart)) for apart in (0, 3, 30))
    assert near is not None
    assert middle is not None
    assert far is not None
    assert near < 0.05 < middle < 0.9 < far


def test_no_separation_without_two_classes_of_which_one_has_two() -> None:
    assert class_separation(torch.eye(3), torch.zeros(3).long()) is None
    assert class_separation(torch.eye(3), torch.arange(3)) is None


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ShapeError, match="3 samples are to be laid out, but at least 4"):
        flat_layout(torch.eye(3), seed=0)
    with pytest.raises(ShapeError, match="finite"):
        flat_layout(torch.full((5, 2), math.nan), seed=0)
    with pytest.raises(ShapeError, match=r"labels are \(2,\), but \(3,\)"):
        class_separation(torch.eye(3), torch.arange(2))
