"""Where samples lie among one another, judged by their features: laid out flat, and as a number."""

from __future__ import annotations

import torch
from torch import Tensor

from xaitool.errors import ShapeError

PERPLEXITY = 30.0


def flat_layout(features: Tensor, seed: int) -> Tensor:
    """Places in the plane where near neighbours stay near: t-SNE (van der Maaten and Hinton 2008).

    Scikit-learn's, begun from the two principal components, with a perplexity of 30, or a third of
    the other samples where these are fewer. Distances between far groups mean nothing.

    Args:
        features: ``(N, F)``, finite, at least 4 samples.
        seed: Of its random draws.

    Returns:
        float32 ``(N, 2)`` on the CPU; all 0 where all samples have the same features.

    Raises:
        ShapeError: There are fewer samples, or a feature is not finite.
    """
    _check(features)
    if len(features) < 4:
        raise ShapeError(f"{len(features)} samples are to be laid out, but at least 4 are wanted")
    if bool((features == features[0]).all()):
        return torch.zeros(len(features), 2)
    from sklearn.manifold import TSNE

    layout = TSNE(
        init="pca" if features.shape[1] > 1 else "random",
        perplexity=min(PERPLEXITY, (len(features) - 1) / 3),
        random_state=seed % 2**32,
    )
    return torch.from_numpy(layout.fit_transform(features.cpu().float().numpy())).float()


def class_separation(features: Tensor, labels: Tensor) -> float | None:
    """Mean silhouette of the true classes (Rousseeuw 1987), by Euclidean distance.

    Of a sample it is ``(b - a) / max(a, b)``, with a the mean distance to the others of its class
    and b that to the nearest other class: 1 where classes are points far apart, 0 where they
    overlap, negative where samples are nearer to another class. Alone in its class it is 0.

    Args:
        features: ``(N, F)``, finite.
        labels: int64 ``(N,)``.

    Returns:
        In [-1, 1]; None where there are fewer than two classes, or no class has two samples.

    Raises:
        ShapeError: A feature is not finite, or the labels are not one a sample.
    """
    _check(features)
    if labels.shape != features.shape[:1]:
        raise ShapeError(f"labels are {tuple(labels.shape)}, but ({len(features)},) is wanted")
    if not 2 <= len(labels.unique()) < len(labels):
        return None
    from sklearn.metrics import silhouette_score

    return float(silhouette_score(features.cpu().double().numpy(), labels.cpu().numpy()))


def _check(features: Tensor) -> None:
    if features.ndim != 2 or not features.isfinite().all():
        raise ShapeError(
            f"features are {tuple(features.shape)}, but finite (samples, features) is wanted"
        )
