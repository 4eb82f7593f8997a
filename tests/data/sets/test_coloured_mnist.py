from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, cast

import pytest
import torch

from xaitool.data.load import load_dataset
from xaitool.data.memory import MemoryDataset
from xaitool.data.sets.coloured_mnist import COLOURS, coloured


def load(options: str = "", split: Any = "train", **more: Any) -> MemoryDataset:
    dataset = load_dataset(f"coloured-mnist:of=digits{options}", split, **more)
    assert isinstance(dataset, MemoryDataset)
    return dataset


GREY = cast(MemoryDataset, load_dataset("digits", "train"))


def test_a_digit_lies_in_the_channel_of_its_colour():
    data = load()
    colours = data.attributes["colour"]
    assert colours.names == COLOURS == ("red", "green", "blue")
    assert data.shape == (3, 28, 28)
    assert torch.equal(data.labels, GREY.labels)
    assert torch.equal(data.pixels.sum(1, dtype=torch.uint8), GREY.pixels[:, 0])
    lit = data.pixels.flatten(2).any(2)
    assert torch.equal(lit, torch.nn.functional.one_hot(colours.values, 3).bool())


def test_the_colour_says_nothing_of_the_class():
    data = load()
    colours = data.attributes["colour"].values
    table = torch.zeros(10, 3).index_put_(
        (data.labels, colours), torch.ones(len(data)), accumulate=True
    )
    expected = table.sum(1, keepdim=True) * table.sum(0) / len(data)
    # The 99.9 % point of chi-squared with 18 degrees of freedom; the draw is fixed.
    assert float(((table - expected).square() / expected).sum()) < 42.31
    assert bool(((colours.bincount() / len(data) - 1 / 3).abs() < 0.04).all())


def test_the_draw_is_the_same_on_every_machine():
    # A plain re-implementation: lengths before parts, SHA-256, 63 bits.
    def draw(index: int) -> int:
        parts = [str(part).encode() for part in (3, "colour", "test", index)]
        text = b"".join(len(part).to_bytes(8, "little") + part for part in parts)
        return (int.from_bytes(hashlib.sha256(text).digest()[:8], "little") >> 1) % 3

    found = load(",seed=3", "test").attributes["colour"].values[:50].tolist()
    assert found == [draw(index) for index in range(50)]


def test_seeds_splits_and_rules_differ():
    colours = [
        load(options).attributes["colour"].values
        for options in ("", ",seed=1", ",colour=pixel-sum")
    ]
    assert not torch.equal(colours[0], colours[1])
    assert torch.equal(colours[2], GREY.pixels.flatten(1).long().sum(1) % 3)
    assert load().digest == load(",seed=0").digest != load(",seed=1").digest


def test_the_colour_does_not_depend_on_the_size():
    small = load(",colour=pixel-sum", image_size=14)
    assert small.shape == (3, 14, 14)
    assert torch.equal(
        small.attributes["colour"].values, load(",colour=pixel-sum").attributes["colour"].values
    )
    sevens = load(classes=["7"])
    assert len(sevens.attributes["colour"].values) == len(sevens)


def test_names():
    data = load(",seed=2", "test")
    assert data.name == "coloured-mnist:of=digits,seed=2"
    assert data.filename(7) == "coloured-mnist/test/00007"


def test_coloured_keeps_the_dtype():
    grey = torch.rand(2, 1, 3, 3)
    assert torch.equal(coloured(grey, torch.tensor([2, 0]))[0, 2], grey[0, 0])


@pytest.mark.data
def test_real_mnist(real_data: Path):
    data = load_dataset("coloured-mnist", "test", data_dir=real_data)
    grey = load_dataset("mnist", "test", data_dir=real_data)
    assert isinstance(data, MemoryDataset)
    assert isinstance(grey, MemoryDataset)
    assert torch.equal(data.pixels.amax(1), grey.pixels[:, 0])
    assert bool((data.attributes["colour"].values.bincount() > 3200).all())
