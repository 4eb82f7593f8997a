"""CycleGAN's folders of two domains, such as apple2orange."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.data.conftest import encoded, picture
from tests.data.sets.test_image_folder import zipped
from xaitool.data.lazy import LazyDataset
from xaitool.data.load import load_dataset
from xaitool.data.sets import image_folder
from xaitool.errors import DataError

Tree = Callable[[dict[str, bytes]], Path]

NAMES = (
    "trainA/1.jpg",
    "trainA/2.jpg",
    "trainB/3.jpg",
    "testA/4.jpg",
    "testB/5.jpg",
    "testB/6.jpg",
)
FILES = {name: encoded(picture(seed), "jpeg") for seed, name in enumerate(NAMES)}


def load(path: Path, split: Any = "train", **options: Any) -> Any:
    return load_dataset(f"folder:{path}", split, **options)


def test_domains_are_classes_and_splits_are_theirs(write_tree: Tree):
    root = write_tree(FILES)
    train, test = load(root), load(root, "test")
    assert train.classes == test.classes == ("A", "B")
    assert (train.labels.tolist(), test.labels.tolist()) == ([0, 0, 1], [0, 1, 1])
    found = [one.filename(index) for one in (train, test) for index in range(3)]
    assert found == [*NAMES]
    assert train.left_out == test.left_out == ()


@pytest.mark.parametrize("top", ["", "apple2orange/", "set/apple2orange/"])
def test_a_folder_that_is_called_by_its_domains_names_them(top: str, tmp_path: Path):
    name = "pictures.zip" if top else "apple2orange.zip"
    path = zipped(tmp_path / name, {top + name: content for name, content in FILES.items()})
    assert load(path).classes == ("apple", "orange")
    assert load(path).labels.tolist() == [0, 0, 1]
    assert load(path, "test", classes=["orange"]).labels.tolist() == [0, 0]


def test_names_that_are_not_in_order(tmp_path: Path):
    dataset = load(zipped(tmp_path / "zebra2horse.zip", FILES))
    assert dataset.classes == ("horse", "zebra")
    assert dataset.labels.tolist() == [1, 1, 0]


def test_large_ones_are_lazy(write_tree: Tree, monkeypatch: pytest.MonkeyPatch):
    root = write_tree(FILES)
    whole = load(root)
    monkeypatch.setattr(image_folder, "MEMORY_LIMIT", 0)
    lazy = load(root)
    assert isinstance(lazy, LazyDataset)
    assert bool((lazy.images(range(3)) == whole.images(range(3))).all())


def test_val_is_the_test_split_and_its_lack_is_told(write_tree: Tree):
    root = write_tree({name.replace("test", "val"): content for name, content in FILES.items()})
    assert load(root, "test").filename(0) == "valA/4.jpg"
    train = {name: content for name, content in FILES.items() if name.startswith("train")}
    other = write_tree(train).parent / "other"
    for name, content in train.items():
        (other / name).parent.mkdir(parents=True, exist_ok=True)
        (other / name).write_bytes(content)
    with pytest.raises(DataError, match="no pictures for the split 'test'"):
        load(other, "test")


@pytest.mark.filterwarnings("ignore::xaitool.errors.DataWarning")
def test_one_domain_alone_and_classes_called_alike_are_plain_folders(
    write_tree: Tree, tmp_path: Path
):
    plain = {"trainA/1.jpg": FILES[NAMES[0]], "other/1.jpg": FILES[NAMES[1]]}
    assert load(write_tree(plain)).classes == ("other", "trainA")
    split = {"train/A/1.jpg": FILES[NAMES[0]], "train/B/1.jpg": FILES[NAMES[1]]}
    assert load(zipped(tmp_path / "apple2orange.zip", split)).classes == ("A", "B")
