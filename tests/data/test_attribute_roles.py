"""Which attribute is the label, and which are sensitive."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from tests.data.conftest import encoded, picture
from xaitool.data.annotations import Annotations, Attribute
from xaitool.data.attribute_roles import with_label, with_sensitive
from xaitool.data.files.file_sources import FolderSource
from xaitool.data.lazy import LazyDataset
from xaitool.data.load import load_dataset
from xaitool.data.loader import Loaded
from xaitool.data.memory import MemoryDataset
from xaitool.errors import ConfigError, DataError, UnknownNameError

LABELS = torch.tensor([1, 0, 1, 0])
COLOUR = Attribute(torch.tensor([2, 0, 1, 0]), ("red", "green", "blue"))
SIZE = Attribute(torch.tensor([0, 1, 1, 0]), ("small", "large"))
SAME = Attribute(torch.tensor([0, 0, 0, 0]), ("here",))
STILL = Attribute(torch.tensor([1, 1, 1, 1]), ("no", "yes"))
ATTRIBUTES = {"colour": COLOUR, "size": SIZE, "place": SAME, "still": STILL}


def in_memory(**facts: Any) -> MemoryDataset:
    what = Annotations(**({"attributes": ATTRIBUTES, "sensitive": ("colour",)} | facts))
    pixels = torch.arange(4 * 16, dtype=torch.uint8).view(4, 1, 4, 4)
    split = "train"
    return MemoryDataset(pixels, LABELS, ["a", "b"], name="t", split=split, annotations=what)


@pytest.fixture(params=["memory", "lazy"])
def dataset(request: pytest.FixtureRequest, tmp_path: Any) -> Loaded:
    memory = in_memory()
    if request.param == "memory":
        return memory
    for name in "wxyz":
        (tmp_path / name).write_bytes(encoded(picture(0, (4, 4))))
    names, facts = tuple("wxyz"), memory.annotations
    source = FolderSource(tmp_path)
    return LazyDataset(
        source, names, LABELS, ("a", "b"), (3, 4, 4), "t", "train", annotations=facts
    )


def test_a_dataset_says_what_is_sensitive(dataset: Loaded):
    assert list(dataset.sensitive) == ["colour"]
    assert dataset.sensitive["colour"] is COLOUR
    assert dataset.sensitive_values().tolist() == [[2], [0], [1], [0]]
    assert dataset.sensitive_values(torch.tensor([3, 0])).tolist() == [[0], [2]]


def test_several_keep_their_order_through_subsets_and_sizes(dataset: Loaded):
    both = with_sensitive(dataset, ["size", "colour"])
    assert list(both.sensitive) == ["size", "colour"]
    assert both.sensitive_values().tolist() == [[0, 2], [1, 0], [1, 1], [0, 0]]
    part = both.subset(torch.tensor([2, 0]))
    assert part.sensitive_values().tolist() == [[1, 1], [0, 2]]
    swapped = part.relabelled(1 - part.labels, ["b", "a"])
    assert swapped.sensitive_values().tolist() == [[1, 1], [0, 2]]
    if isinstance(both, MemoryDataset):
        assert list(both.adapted(8, 3).to("cpu").sensitive) == ["size", "colour"]


def test_an_attribute_becomes_the_label(dataset: Loaded):
    found = with_label(dataset, "size")
    assert found.classes == ("small", "large")
    assert torch.equal(found.labels, SIZE.values)
    assert torch.equal(found.images(range(4)), dataset.images(range(4)))
    assert list(found.sensitive) == ["colour"]
    assert with_label(dataset, "colour").sensitive == {}


def test_the_digest_tells_them_apart(dataset: Loaded):
    found = [
        dataset,
        with_sensitive(dataset, []),
        with_sensitive(dataset, ["size"]),
        with_sensitive(dataset, ["size", "colour"]),
        with_sensitive(dataset, ["colour", "size"]),
        with_label(dataset, "size"),
    ]
    assert len({one.digest for one in found}) == len(found)
    assert with_sensitive(dataset, ["colour"]).digest == dataset.digest


@pytest.mark.parametrize(
    ("label", "sensitive", "kind", "message"),
    [
        ("color", (), UnknownNameError, "unknown attribute 'color'; did you mean 'colour'?"),
        (None, ("siz",), UnknownNameError, "unknown attribute 'siz'; did you mean 'size'?"),
        ("size", ("size",), ConfigError, "attribute 'size' is the label and sensitive"),
        (None, ("size", "size"), ConfigError, "sensitive attributes size, size name one twice"),
        ("place", (), DataError, "attribute 'place' of dataset 't' has the value here only"),
        (None, ("place",), DataError, "attribute 'place' of dataset 't' has the value here only"),
    ],
)
def test_what_cannot_be(
    label: str | None, sensitive: tuple[str, ...], kind: type[Exception], message: str
):
    def choose(dataset: Loaded) -> Loaded:
        dataset = with_label(dataset, label) if label else dataset
        return with_sensitive(dataset, sensitive)

    with pytest.raises(kind) as caught:
        choose(in_memory())
    assert str(caught.value).startswith(message)
    if kind is UnknownNameError:
        assert caught.value.hint == "one of: colour, size, place, still"  # type: ignore[attr-defined]


def test_sensitive_ones_must_be_there():
    with pytest.raises(DataError, match="dataset 't' has no attribute 'colou', but its sensitive"):
        in_memory(sensitive=("colou",))
    with pytest.raises(DataError, match="has no attributes, but 'x' is asked for"):
        load_dataset("digits", "train", label="x")


def test_the_loader_takes_classes_of_the_new_label():
    name = "coloured-mnist:of=digits"
    whole = load_dataset(name, "test", label="colour")
    part = load_dataset(name, "test", label="colour", classes=["blue", "red"])
    assert part.classes == ("blue", "red")
    assert len(part) == int((whole.labels != 1).sum())
    found = load_dataset(name, "test", sensitive=("colour",))
    assert torch.equal(found.sensitive_values()[:, 0], whole.labels)
