"""The dataset ``digits``: real handwritten digits that need no download."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from xaitool.data.loader import DatasetRequest, Loaded
from xaitool.data.memory import MemoryDataset
from xaitool.data.splits import SPLIT_SEED, TEST_FRACTION, stratified_split


def load(request: DatasetRequest) -> Loaded:
    """Load a split; see `DatasetRequest`.

    The 1,797 digits (8x8, grey levels 0 to 16; Alpaydin and Kaynak 1998) that scikit-learn ships,
    as 28x28 bytes (bicubic with antialias, clamped, rounded), so that everything made for MNIST
    fits. They come without a split; the test split is a fixed stratified fifth.
    """
    from sklearn.datasets import load_digits

    request.refuse_location()
    bundle = load_digits()
    labels = torch.from_numpy(bundle.target).long()
    indices = stratified_split(labels, TEST_FRACTION, SPLIT_SEED)[request.split == "test"]
    levels = torch.from_numpy(bundle.images).float()[indices, None] * (255 / 16)
    pixels = F.interpolate(levels, size=(28, 28), mode="bicubic", antialias=True)
    dataset = MemoryDataset(
        pixels.round().clamp(0, 255).to(torch.uint8),
        labels[indices],
        [str(digit) for digit in range(10)],
        name=request.name,
        split=request.split,
    )
    return dataset.adapted(request.image_size, request.channels)
