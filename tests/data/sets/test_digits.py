from __future__ import annotations

import torch
from sklearn.datasets import load_digits

from xaitool.data.load import load_dataset


def test_all_digits_are_there_once_and_stratified():
    train, test = load_dataset("digits", "train"), load_dataset("digits", "test")
    counts = torch.bincount(torch.from_numpy(load_digits().target))
    assert len(train) + len(test) == 1797
    assert train.shape == test.shape == (1, 28, 28)
    assert torch.equal(train.labels.bincount() + test.labels.bincount(), counts)
    assert torch.equal(test.labels.bincount(), (counts * 0.2).round().long())
    assert train.classes == tuple("0123456789")


def test_splits_have_no_picture_in_common():
    pictures = [
        {
            bytes(image.flatten().tolist())
            for image in load_dataset("digits", split).images(range(3)).mul(255).byte()
        }
        for split in ("train", "test")
    ]
    assert pictures[0].isdisjoint(pictures[1])


def test_pictures_are_the_enlarged_originals():
    """Shrinking back by averages over 3.5 pixels gives nearly the original grey levels."""
    test = load_dataset("digits", "test")
    originals = torch.from_numpy(load_digits().images).float() / 16
    small = torch.nn.functional.interpolate(
        test.images(range(len(test))), size=(8, 8), mode="area"
    ).squeeze(1)
    nearest = torch.cdist(small.flatten(1), originals.flatten(1)).min(1)
    assert nearest.values.max() / 8 < 0.15  # root mean square of a pixel
    assert torch.equal(torch.from_numpy(load_digits().target)[nearest.indices], test.labels)
    assert len(set(nearest.indices.tolist())) == len(test)


def test_loading_is_deterministic():
    assert load_dataset("digits", "test").digest == load_dataset("digits", "test").digest
    assert load_dataset("digits", "test").digest != load_dataset("digits", "train").digest


def test_size_and_channels():
    assert load_dataset("digits", "test", image_size=32, channels=3).shape == (3, 32, 32)
