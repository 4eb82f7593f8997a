"""Colours that go with labels: the correlations that were asked for are there."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, cast

import pytest
import torch
from torch import Tensor

from xaitool.data.load import load_dataset
from xaitool.data.memory import MemoryDataset
from xaitool.data.sets.biased_mnist import COLOURS, HALVES
from xaitool.errors import ConfigError, UnknownNameError


def load(options: str = "", split: Any = "train", **more: Any) -> MemoryDataset:
    dataset = load_dataset(f"biased-mnist:of=digits{options}", split, **more)
    assert isinstance(dataset, MemoryDataset)
    return dataset


def value(data: MemoryDataset, name: str) -> Tensor:
    return data.attributes[name].values


def check_share(chosen: Tensor, probability: float) -> None:
    """Within four standard deviations of the binomial; the draw is fixed."""
    deviation = (probability * (1 - probability) / len(chosen)) ** 0.5
    assert abs(float(chosen.double().mean()) - probability) <= 4 * deviation


SPLITS: tuple[Any, ...] = ("train", "test")
GREY = {split: cast(MemoryDataset, load_dataset("digits", split)) for split in SPLITS}


@pytest.mark.parametrize(("split", "flip"), [("train", 0.2), ("test", 0.9)])
def test_the_published_setting(split: str, flip: float):
    data = load(split=split)
    half = GREY[split].labels >= 5
    assert data.classes == data.attributes["shape"].names == HALVES
    assert torch.equal(value(data, "shape"), half.long())
    wrong = data.labels != half.long()
    flipped = value(data, "colour") != data.labels
    check_share(wrong, 0.25)
    check_share(flipped, flip)
    # Independent of each other, so that the colour goes with the label that is in the data.
    check_share(flipped[wrong], flip)
    check_share(flipped[~wrong], flip)
    # The colour goes with the shape where both are as they should be, or both are not.
    check_share(value(data, "colour") != half.long(), 0.25 * (1 - flip) + 0.75 * flip)


def test_the_grey_levels_lie_in_the_channel_of_the_colour():
    data = load()
    assert data.attributes["colour"].names == COLOURS == ("red", "green")
    assert data.shape == (3, 28, 28)
    assert torch.equal(data.pixels.sum(1, dtype=torch.uint8), GREY["train"].pixels[:, 0])
    lit = data.pixels.flatten(2).any(2)
    assert torch.equal(lit, torch.nn.functional.one_hot(value(data, "colour"), 3).bool())


def test_the_digit_variant():
    data = load(",label=digit,noise=0.3,train-flip=0.1")
    digits = GREY["train"].labels
    assert data.classes == data.attributes["shape"].names == GREY["train"].classes
    assert torch.equal(value(data, "shape"), digits)
    wrong = data.labels != digits
    check_share(wrong, 0.3)
    check_share(value(data, "colour") != (data.labels >= 5).long(), 0.1)
    steps = ((data.labels - digits) % 10)[wrong]
    for step in range(1, 10):
        check_share(steps == step, 1 / 9)


@pytest.mark.parametrize("split", ["train", "test"])
def test_certain_and_impossible(split: str):
    never = load(",noise=0,train-flip=0,test-flip=0", split)
    assert torch.equal(never.labels, value(never, "shape"))
    assert torch.equal(never.labels, value(never, "colour"))
    always = load(",noise=1,train-flip=1,test-flip=1", split)
    assert torch.equal(always.labels, 1 - value(always, "shape"))
    assert torch.equal(always.labels, 1 - value(always, "colour"))


def test_the_draw_is_the_same_on_every_machine():
    # A plain re-implementation: lengths before parts, SHA-256, 63 bits.
    def draw(*keys: object) -> int:
        parts = [str(part).encode() for part in keys]
        text = b"".join(len(part).to_bytes(8, "little") + part for part in parts)
        return int.from_bytes(hashlib.sha256(text).digest()[:8], "little") >> 1

    data = load(",label=digit,seed=3", "test")
    for index, digit in enumerate(GREY["test"].labels[:60].tolist()):
        label = digit
        if draw(3, "noise", "test", index) < 2**61:
            label = (digit + 1 + draw(3, "label", "test", index) % 9) % 10
        flipped = draw(3, "colour", "test", index) / 2**63 < 0.9
        assert int(data.labels[index]) == label
        assert int(value(data, "colour")[index]) == int((label >= 5) != flipped)


def test_seeds_splits_and_settings_differ():
    digests = {load(options).digest for options in ("", ",seed=1", ",noise=0.2", ",train-flip=0")}
    assert len(digests) == 4
    assert load().digest == load(",seed=0").digest == load(",test-flip=0").digest
    count = len(GREY["test"])
    one, other = (load(",test-flip=0.2", split) for split in ("train", "test"))
    flips = [(value(data, "colour") != data.labels)[:count] for data in (one, other)]
    assert not torch.equal(*flips)


def test_colour_is_sensitive_and_shape_may_be_the_label():
    data = load()
    assert list(data.sensitive) == ["colour"]
    assert torch.equal(data.sensitive_values([4, 2]), value(data, "colour")[[4, 2], None])
    clean = load(label="shape")
    assert clean.classes == HALVES
    assert torch.equal(clean.labels, (GREY["train"].labels >= 5).long())
    assert torch.equal(clean.sensitive_values(), data.sensitive_values())
    colour = load(label="colour", sensitive=["shape"])
    assert (colour.classes, list(colour.sensitive)) == (COLOURS, ["shape"])
    assert torch.equal(colour.labels, value(data, "colour"))


def test_names_sizes_and_classes():
    data = load(",label=digit,seed=2", "test", image_size=14, classes=["7", "0"])
    assert data.name == "biased-mnist:of=digits,label=digit,seed=2"
    assert data.shape == (3, 14, 14)
    assert data.filename(0).startswith("biased-mnist/test/0")
    assert len(value(data, "colour")) == len(data)


def test_what_it_does_not_take():
    with pytest.raises(UnknownNameError, match="unknown label 'color'"):
        load(",label=color")
    with pytest.raises(ConfigError, match=r"noise is 1\.5, but at least 0 and at most 1 is wanted"):
        load(",noise=1.5")


@pytest.mark.data
def test_real_mnist(real_data: Path):
    data = load_dataset("biased-mnist:label=digit", "test", data_dir=real_data)
    grey = load_dataset("mnist", "test", data_dir=real_data)
    assert isinstance(data, MemoryDataset)
    assert isinstance(grey, MemoryDataset)
    assert torch.equal(data.pixels.amax(1), grey.pixels[:, 0])
    check_share(data.labels != grey.labels, 0.25)
    check_share(value(data, "colour") != (data.labels >= 5).long(), 0.9)
