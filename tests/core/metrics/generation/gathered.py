"""Features of many shapes, and their statistics."""

from __future__ import annotations

import torch

from xaitool.core.metrics.generation.feature_statistics import FeatureStatistics


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
