"""FID beside torch-fidelity's, from the same means and covariances of 2,048 features."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

import torch
from torch import Tensor

from tests.benchmarks.measure import Row, seconds
from xaitool.core.metrics.generation.feature_statistics import FeatureStatistics
from xaitool.core.metrics.generation.fid import fid

FEATURES = 2048
# More samples than features, and fewer, where the covariances are singular.
MANY, FEW = 5000, 1500
_TARGETS = {MANY: 1 / 1.5, FEW: 1.0}


def run() -> Iterator[Row]:
    """Features that are correlated, rectified and of very different sizes, as a network's are."""
    for count in (MANY, FEW):
        yield _row(_features(count, seed=1), _features(count, seed=2))


def _features(count: int, seed: int) -> Tensor:
    mixing = torch.randn(64, FEATURES, generator=torch.Generator().manual_seed(0)) / 8
    generator = torch.Generator().manual_seed(seed)
    common = torch.randn(count, 64, generator=generator) @ mixing
    sizes = torch.logspace(0, -2, FEATURES)
    return (common + torch.randn(count, FEATURES, generator=generator)).relu() * sizes


def _row(real: Tensor, generated: Tensor) -> Row:
    peer = import_module("torch_fidelity.metric_fid")
    ours = [_statistics(features) for features in (real, generated)]
    theirs = [peer.fid_features_to_statistics(one.double()) for one in (real, generated)]
    found: dict[str, float] = {}

    def our_distance() -> None:
        found["ours"] = fid(*ours)

    def their_distance() -> None:
        result = peer.fid_statistics_to_metric(*theirs, False)
        found["torch-fidelity"] = result["frechet_inception_distance"]

    times = seconds(our_distance, their_distance, rounds=3)
    return Row(
        "fid", f"FID, {FEATURES} features, {len(real)} images", times[0], times[1],
        f"torch-fidelity, threads of ours: {torch.get_num_threads()}", "s", _TARGETS[len(real)],
        abs(found["ours"] / found["torch-fidelity"] - 1), 1e-6, "relative difference",
    )  # fmt: skip


def _statistics(features: Tensor) -> FeatureStatistics:
    gathered = FeatureStatistics()
    gathered.update(features)
    return gathered
