from __future__ import annotations

import torch

from xaitool.data.load import load_dataset
from xaitool.data.memory import MemoryDataset


def load(split: str) -> MemoryDataset:
    dataset = load_dataset("textures", "train" if split == "train" else "test")
    assert isinstance(dataset, MemoryDataset)
    return dataset


def test_three_classes_of_two_colours():
    data = load("train")
    assert data.classes == ("checks", "clouds", "stripes")
    assert data.shape == (3, 32, 32)
    assert data.labels.bincount().tolist() == [1000] * 3
    assert load("test").labels.bincount().tolist() == [200] * 3
    # No picture is one colour only: in each the two colours are far apart.
    spread = data.pixels.flatten(2).float().std(2)
    assert float(spread.min()) > 5


def test_splits_differ_and_each_is_always_the_same():
    assert load("train").digest == load("train").digest
    assert not torch.equal(load("train").pixels[:5], load("test").pixels[:5])
    assert len(load("train").pixels.flatten(1).unique(dim=0)) == 3000
