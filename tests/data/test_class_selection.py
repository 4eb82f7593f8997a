"""Classes chosen by name or index."""

from __future__ import annotations

import unicodedata

import pytest
import torch

from xaitool.data.class_selection import class_indices, only
from xaitool.data.load import load_dataset
from xaitool.errors import ConfigError, DataError, UnknownNameError

KNOWN = ("cat", "2", "café")


def test_a_name_comes_before_an_index() -> None:
    assert class_indices(KNOWN, ["cat", "1"]) == [0, 1]
    assert class_indices(KNOWN, ["2", "0"]) == [1, 0]
    assert class_indices(KNOWN, [unicodedata.normalize("NFD", "café")]) == [2]


@pytest.mark.parametrize("text", ["cats", "3", "-1", "1.0", "", "9" * 30])
def test_what_is_neither(text: str) -> None:
    with pytest.raises(UnknownNameError, match=f"unknown class '{text}'") as caught:
        class_indices(KNOWN, [text])
    assert caught.value.hint == "one of: cat, 2, café, or an index below 3"


def test_one_class_by_name_and_by_index_is_twice() -> None:
    with pytest.raises(ConfigError, match="classes 0, cat name one twice, but each once is"):
        class_indices(KNOWN, ["0", "cat"])


def test_a_class_without_images_is_refused() -> None:
    digits = load_dataset("digits", "test")
    part = digits.subset((digits.labels != 4).nonzero().squeeze(1))
    with pytest.raises(DataError, match="dataset 'digits' has no test images of class 4, but at"):
        only(part, ["4"])


def test_class_selection_relabels_in_the_given_order():
    whole = load_dataset("digits", "test")
    part = load_dataset("digits", "test", classes=("7", "3"))
    members = ((whole.labels == 7) | (whole.labels == 3)).nonzero().squeeze(1)
    assert part.classes == ("7", "3")
    assert torch.equal(part.images(range(len(part))), whole.images(members))
    assert torch.equal(part.labels == 0, whole.labels[members] == 7)
    assert part.filename(0) == whole.filename(int(members[0]))
    assert part.digest != load_dataset("digits", "test", classes=("3", "7")).digest
