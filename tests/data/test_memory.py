from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from tests.data.conftest import picture
from xaitool.data.files.images import to_array
from xaitool.data.memory import MemoryDataset
from xaitool.errors import DataError


def dataset(**changes: Any) -> MemoryDataset:
    pixels = torch.arange(3 * 2 * 2 * 2, dtype=torch.uint8).reshape(3, 2, 2, 2) * 10
    facts: dict[str, Any] = {
        "pixels": pixels,
        "labels": torch.tensor([1, 0, 1]),
        "classes": ["a", "b"],
    } | changes
    return MemoryDataset(
        facts.pop("pixels"),
        facts.pop("labels"),
        facts.pop("classes"),
        **({"name": "toy", "split": "test"} | facts),
    )


def test_images_are_pixels_over_255():
    toy = dataset()
    images = toy.images([2, 0])
    assert images.dtype == torch.float32
    torch.testing.assert_close(images, toy.pixels[[2, 0]].double().div(255).float())
    assert torch.equal(toy.images(torch.tensor([2, 0])), images)
    assert (len(toy), toy.shape, toy.classes) == (3, (2, 2, 2), ("a", "b"))


def test_filenames():
    assert dataset().filename(2) == "toy/test/00002"
    assert dataset(filenames=["x", "y", "z"]).filename(1) == "y"


def test_subset_keeps_order_and_names():
    part = dataset().subset(torch.tensor([2, 0]))
    assert part.labels.tolist() == [1, 1]
    assert [part.filename(index) for index in (0, 1)] == ["toy/test/00002", "toy/test/00000"]
    assert torch.equal(part.images([0]), dataset().images([2]))


def test_digest_is_of_classes_labels_and_pixels():
    toy = dataset()
    plain = hashlib.sha256(repr((("a", "b"), 3, (2, 2, 2))).encode())
    plain.update(np.array([1, 0, 1], "<i8").tobytes() + bytes(toy.pixels.flatten().tolist()))
    assert toy.digest == plain.hexdigest() == dataset(name="other", split="train").digest
    others = [
        dataset(labels=torch.tensor([1, 1, 1])),
        dataset(classes=["a", "c"]),
        dataset(pixels=toy.pixels + 1),
        dataset(pixels=toy.pixels.reshape(3, 8, 1, 1)),
        toy.subset(torch.tensor([0, 1])),
        toy.relabelled(toy.labels, ["a", "c"]),
    ]
    assert toy.digest not in {other.digest for other in others}
    assert toy.to("cpu").digest == toy.digest


def test_to_moves_pixels_and_not_labels():
    moved = dataset().to("meta")
    assert moved.images([0]).device.type == "meta"
    assert moved.labels.device.type == "cpu"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"pixels": torch.zeros(3, 1, 2, 2)}, "but uint8 .N, C, H, W. is wanted"),
        ({"labels": torch.tensor([0, 1])}, "3 images and 2 labels, but one label an image"),
        ({"labels": torch.tensor([0, 1, 2])}, "labels from 0 to 2, but 0 to 1 are wanted"),
        (
            {"pixels": torch.zeros(0, 1, 2, 2, dtype=torch.uint8), "labels": torch.zeros(0)},
            "0 images and 0 labels",
        ),
    ],
)
def test_what_does_not_fit_together_is_refused(changes: dict[str, Any], message: str):
    with pytest.raises(DataError, match=message):
        dataset(**changes)


def test_adapted_channels_agree_with_pillow():
    colour = picture(0, (16, 16))
    toy = dataset(pixels=torch.from_numpy(to_array(colour))[None].repeat(3, 1, 1, 1))
    grey = toy.adapted(None, 1)
    assert np.array_equal(grey.pixels[0, 0], np.asarray(colour.convert("L")))
    assert torch.equal(grey.adapted(None, 3).pixels[:, 2], grey.pixels[:, 0])
    assert toy.adapted(None, None) is toy
    with pytest.raises(DataError, match="2 channels are asked for, but 1 or 3 is wanted"):
        toy.adapted(None, 2)


@pytest.mark.parametrize("side", [7, 16, 40])
def test_adapted_size_agrees_with_pillow_to_rounding(side: int):
    original = picture(1, (16, 16), mode="L")
    toy = dataset(pixels=torch.from_numpy(to_array(original))[None].repeat(3, 1, 1, 1))
    expected = original.resize((side, side), Image.Resampling.BILINEAR)
    difference = toy.adapted(side, None).pixels[0, 0].int().numpy() - np.asarray(expected, int)
    assert np.abs(difference).max() <= 1
