from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from xaitool import registry
from xaitool.data.load import check_dataset, load_dataset, stratified_split
from xaitool.errors import ConfigError, DataError, UnknownNameError


def test_all_classes():
    digits = load_dataset("digits", "train")
    assert digits.classes == tuple("0123456789")
    assert sorted(set(digits.labels.tolist())) == list(range(10))


def test_unknown_names_suggest():
    with pytest.raises(UnknownNameError, match=r"unknown dataset 'mnst'; did you mean 'mnist'\?"):
        load_dataset("mnst", "train")
    with pytest.raises(UnknownNameError, match="unknown class '10'") as caught:
        load_dataset("digits", "train", classes=["10"])
    assert "0, 1, 2" in str(caught.value.hint)
    with pytest.raises(UnknownNameError, match="unknown split 'validation'"):
        load_dataset("digits", cast(Any, "validation"))


def test_a_path_alone_is_meant_as_a_folder(tmp_path: Path):
    for ask in (check_dataset, lambda name: load_dataset(name, "train")):
        with pytest.raises(UnknownNameError, match=rf"; did you mean 'folder:{tmp_path}'\?"):
            ask(str(tmp_path))
        with pytest.raises(UnknownNameError, match=r"unknown dataset ''\nhint: one of: digits"):
            ask("")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("digits:here", "dataset 'digits:here' has something after its name, but 'digits' alone"),
        ("digits:", "dataset 'digits:' has something after its name"),
        ("folder", "dataset 'folder' names no path, but folder:PATH is wanted"),
        ("folder:", "dataset 'folder' names no path, but folder:PATH is wanted"),
    ],
)
def test_suffixes(name: str, message: str):
    with pytest.raises(DataError, match=message):
        load_dataset(name, "train")


def test_a_class_given_twice_and_an_empty_size():
    with pytest.raises(ConfigError, match="classes 7, 7 name one twice"):
        load_dataset("digits", "train", classes=["7", "7"])
    with pytest.raises(ConfigError, match="image size is 0, but at least 1 is wanted"):
        load_dataset("digits", "train", image_size=0)


def test_image_size_and_channels():
    assert load_dataset("digits", "test", image_size=16, channels=3).shape == (3, 16, 16)


@pytest.mark.parametrize("name", registry.names("dataset"))
def test_every_dataset_has_a_loader(name: str):
    assert callable(registry.load("dataset", name))


def test_validation_split_is_offered_here():
    train, held_out = stratified_split(load_dataset("digits", "train").labels, 0.1, 3)
    assert len(train) + len(held_out) == len(load_dataset("digits", "train"))
