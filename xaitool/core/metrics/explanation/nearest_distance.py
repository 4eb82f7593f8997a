"""How far images are from the nearest image of each class of a dataset."""

from __future__ import annotations

import torch
from torch import Tensor

from xaitool.core.baselines import nearest_target
from xaitool.core.baselines.labelled import LabelledImages, images_like
from xaitool.core.baselines.nearest_target import nearest


def nearest_distances(images: Tensor, data: LabelledImages, classes: int) -> Tensor:
    """Euclidean distance to the nearest image of each class; exact, by comparison with all.

    Args:
        images: ``(N, C, H, W)`` in [0, 1].
        data: The images to compare with, of the same shape.
        classes: K, how many classes there are.

    Returns:
        float64 ``(N, K)`` in units of one pixel's range, infinity for a class without images.

    Raises:
        ShapeError: The images of `data` are of another shape.
    """
    queries = images.flatten(1).double()
    at_once = max(1, nearest_target.NUMBERS_AT_ONCE // queries.shape[1])
    squared = queries.new_full((len(images), classes), torch.inf)
    for label in range(classes):
        for part in (data.labels == label).nonzero().squeeze(1).split(at_once):
            candidates = images_like(data, part, images).flatten(1).double()
            if len(candidates):
                smallest, _ = nearest(queries, candidates)
                squared[:, label] = torch.minimum(squared[:, label], smallest)
    return squared.sqrt()
