"""Folders as people and Kaggle have them: recognised, or refused with what was found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.data.sets.test_image_folder import load, pictures, zipped
from xaitool.data.files.file_sources import open_source
from xaitool.data.folders.folder_layout import arrange
from xaitool.data.folders.split_folders import split_role
from xaitool.errors import DataError

pytestmark = pytest.mark.filterwarnings("ignore::xaitool.errors.DataWarning")

Tree = Callable[[dict[str, bytes]], Path]


def tree(*folders: str, each: int = 1) -> dict[str, bytes]:
    """Pictures in these folders."""
    names = (f"{folder}/{number}.png" for folder in folders for number in range(each))
    return pictures(*(name.removeprefix("./") for name in names))


def found(path: Path) -> tuple[Any, list[str], list[str]]:
    """Classes, and the files of both splits."""
    train, test = load(path), load(path, "test")
    assert train.classes == test.classes
    names = [[one.filename(index) for index in range(len(one))] for one in (train, test)]
    return (train.classes, *names)


def notes(path: Path) -> tuple[str, ...]:
    """What is said of a folder; the same for both splits."""
    source = open_source(path)
    train, test = (arrange(source, split).notes for split in ("train", "test"))
    assert train == test
    return train


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("train", ("train", ())),
        ("Training", ("train", ())),
        ("TRAIN", ("train", ())),
        ("TestSet", ("test", ())),
        ("test_images", ("test", ())),
        ("trainset", ("train", ())),
        ("seg_test", ("test", ("seg",))),
        ("val2017", ("val", ("2017",))),
        ("Validation", ("val", ())),
        ("valid", ("val", ())),
        ("dev", ("val", ())),
        ("bullet-train", ("train", ("bullet",))),
        ("trains", None),
        ("invalid", None),
        ("contest", None),
        ("train_test", None),
        ("device", None),
        ("\u5217\u8eca", None),
    ],
)
def test_what_a_name_says(name: str, role: Any):
    assert split_role(name) == role


@pytest.mark.parametrize("top", ["", "set/", "archive/set/"])
@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("train", "test"),
        ("Training", "Testing"),
        ("Train", "Test"),
        ("TRAIN", "VAL"),
        ("train", "valid"),
        ("train", "validation"),
        ("train", "dev"),
        ("train_set", "test_set"),
        ("trainset", "testset"),
        ("train", "test_images"),
        ("seg_train", "seg_test"),
        ("seg_train/seg_train", "seg_test/seg_test"),
        ("train2017", "val2017"),
        ("train/images", "test/images"),
    ],
)
def test_splits_in_other_spellings(top: str, train: str, test: str, tmp_path: Path):
    splits = [[f"{top}{split}/{one}" for one in ("cat", "dog")] for split in (train, test)]
    path = zipped(tmp_path / "pictures.zip", tree(*splits[0], *splits[1]))
    classes, *files = found(path)
    assert classes == ("cat", "dog")
    assert files == [[f"{folder}/0.png" for folder in folders] for folders in splits]
    assert notes(path) == ()


@pytest.mark.parametrize(
    ("folders", "classes"),
    [
        (("train", "car", "plane"), ("car", "plane", "train")),
        (("bullet_train", "train", "car"), ("bullet_train", "car", "train")),
        (("valid", "invalid"), ("invalid", "valid")),
        (("train_station", "test_tube", "airport"), ("airport", "test_tube", "train_station")),
        (("train/a", "train/train", "test/train"), ("a", "train")),
        (("cat/images", "dog/images"), ("cat", "dog")),
    ],
)
def test_classes_that_are_called_like_splits(folders: Any, classes: Any, tmp_path: Path):
    assert load(zipped(tmp_path / "vehicles.zip", tree(*folders, each=2))).classes == classes


def test_a_class_that_is_called_like_a_split_is_told(write_tree: Tree):
    assert notes(write_tree(tree("train", "car", each=2))) == (
        "folder 'pictures': 'train' taken for a class, as no other split lies beside it",
    )


@pytest.mark.parametrize(
    ("folders", "message"),
    [
        (("train", "test", "car"), "pictures in 'test', 'train' and in 'car'"),
        (
            ("train/cat", "train/dog", "holdout/cat"),
            "class folders in 'train' and beside it 'holdout'",
        ),
        (
            ("train/steam", "car/vw", "plane/a"),
            "class folders in 'train' and beside it 'car', 'plane'",
        ),
        (
            ("train/cat", "training/cat", "test/cat"),
            "'test', 'train', 'training', more than one of a",
        ),
        (
            ("train1/cat", "train2/cat", "test/cat"),
            "'test', 'train1', 'train2', which do not belong",
        ),
        (("train1", "train2", "test"), "'test', 'train1', 'train2', which do not belong together"),
        (("seg_train/cat", "test/cat"), "'seg_train', 'test', which do not belong together"),
        (("seen/cat", "seen/dog", "unseen/cat", "unseen/dog"), "the same folders 'cat', 'dog' in"),
        (
            ("a/images", "a/masks", "b/images", "b/masks"),
            "same folders 'images', 'masks' in 'a', 'b'",
        ),
        (
            ("x/images/a", "x/images/b", "y/images/a", "y/images/b"),
            "folders 'images/a', 'images/b'",
        ),
        (
            ("cat", "dog", "cells/cat", "cells/dog"),
            "the same folders 'cat', 'dog' in 'cells', 'set'",
        ),
        (
            ("cat/train", "cat/test", "dog/train", "dog/test"),
            "splits inside the folders 'cat', 'dog'",
        ),
        (("cat/train", "cat/test", "dog", "bird"), "splits inside the folders 'cat', but"),
    ],
)
def test_what_may_be_splits_or_classes_is_refused(folders: Any, message: str, tmp_path: Path):
    path = zipped(tmp_path / "set.zip", tree(*folders))
    with pytest.raises(DataError) as caught:
        load(path)
    assert message in str(caught.value)
    assert "but either splits or classes are wanted" in str(caught.value)
    assert "attributes.csv: filename,split,label" in str(caught.value.hint)


def test_splits_without_a_common_class_are_refused(write_tree: Tree):
    root = write_tree(tree("train/cat", "train/dog", "test/horse", "test/cow"))
    with pytest.raises(DataError, match="'cat', 'dog' in train and 'cow', 'horse' in test, but"):
        load(root)


def test_a_table_decides_where_folders_do_not(write_tree: Tree):
    files = tree("a/images", "a/masks", "b/images", "b/masks")
    lines = (
        f"{name},{index % 2},{'test' if index > 1 else 'train'}" for index, name in enumerate(files)
    )
    text = "\n".join(["filename,label,split", *lines])
    train, test = (
        load(write_tree(files | {"attributes.csv": text.encode()}), s) for s in ("train", "test")
    )
    assert (len(train), len(test), train.classes) == (2, 2, ("0", "1"))


def test_splits_one_folder_deeper_beside_other_things(write_tree: Tree):
    splits = tree("data/train/cat", "data/train/dog", "data/test/cat", "data/test/dog")
    root = write_tree(splits | tree("docs") | pictures("logo.png"))
    classes, train, test = found(root)
    assert classes == ("cat", "dog")
    assert [*train, *test] == ["data/train/cat/0.png", "data/train/dog/0.png", *test]
    assert notes(root) == (
        "folder 'pictures': 2 images such as 'docs/0.png' left out, in no split, which are "
        "'test', 'train'",
    )


@pytest.mark.parametrize("test", ["test", "test/unknown", "test/images", "test/test"])
def test_a_test_split_without_classes_gives_way_to_a_validation_split(test: str, write_tree: Tree):
    root = write_tree(tree("train/cat", "train/dog", test, "val/cat", "val/dog"))
    classes, _, files = found(root)
    assert classes == ("cat", "dog")
    assert files == ["val/cat/0.png", "val/dog/0.png"]
    [note] = notes(root)
    assert note.startswith(f"folder 'pictures': '{test}/0.png' left out, ")


def test_without_another_split_its_lack_is_told(write_tree: Tree):
    root = write_tree(tree("train/cat", "train/dog", "test"))
    assert len(load(root)) == 2
    with pytest.raises(DataError, match="has no pictures for the split 'test'"):
        load(root, "test")
