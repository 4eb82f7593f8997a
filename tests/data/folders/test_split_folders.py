"""Folders as people and Kaggle have them: recognised, or refused with what was found."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.data.sets.test_image_folder import load, pictures, zipped
from xaitool.data.files.file_sources import open_source
from xaitool.data.folders.folder_layout import arrange
from xaitool.data.folders.split_folders import split_role
from xaitool.errors import DataError, DataWarning

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


def test_pictures_beside_one_folder_of_classes(write_tree: Tree):
    root = write_tree(tree("data/cat", "data/dog", each=2) | pictures("logo.png"))
    assert load(root).classes == ("cat", "dog")
    assert notes(root) == ("folder 'pictures': 'logo.png' left out, in no class folder",)


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


def test_nothing_is_left_out_without_a_word(write_tree: Tree):
    used = tree("train/cat", "train/dog", "test/cat", "test/dog")
    root = write_tree(
        used
        | tree("val/cat", "val/dog", "extra/cat", "train/dog/deep", "train/dog/more/deep")
        | pictures("train/loose.png", "test/horse/1.png")
        | {"readme.md": b"x", "train/cat/notes.txt": b"x", ".DS_Store": b"x"}
    )
    (root / "test" / "cow").mkdir()
    (root / "train" / "link.png").symlink_to("nowhere")
    assert sorted(note.removeprefix("folder 'pictures': ") for note in notes(root)) == [
        "'extra/cat/0.png' left out, in no split, which are 'test', 'train', 'val'",
        "'train/link.png' left out, a pipe, a device or a link to nothing new",
        "'train/loose.png' left out, in no class folder",
        "2 files such as 'readme.md' left out, no image such as PNG or JPEG",
        "2 files such as 'train/dog/deep/0.png' deeper than the folders of classes, and used",
        "2 images such as 'val/cat/0.png' left out, as test is the test split",
        "no image in the folder 'test/cow'",
        "no training image of the class 'horse'",
    ]


SPELLINGS = ("train", "test", "valid", "Training", "seg_train", "seg_test", "images", "cat", "dog")
ODD = ("train1", "holdout", "trainA", "trainB", "testA", "unknown", ".hidden")


@pytest.mark.parametrize("seed", range(10))
def test_any_tree_is_refused_or_all_of_it_used_or_left_out(seed: int, tmp_path: Path):
    draw = random.Random(seed)
    for attempt in range(20):
        folders = ("/".join(draw.choices(SPELLINGS + ODD, k=draw.randint(1, 3))) for _ in range(9))
        files = tree(*draw.choices(sorted(set(folders)), k=draw.randint(1, 9)))
        source = open_source(zipped(tmp_path / f"{attempt}.zip", files))
        try:
            train, test = (arrange(source, split) for split in ("train", "test"))
        except DataError as error:
            assert "\n" not in str(error)  # noqa: PT017
            continue
        assert (train.classes, train.left_out) == (test.classes, test.left_out)
        assert sorted([*train.names, *test.names, *train.left_out]) == sorted(files)


def test_loading_warns_of_it(write_tree: Tree):
    root = write_tree(tree("train/cat", "test/cat") | {"readme.md": b"x"})
    with pytest.warns(DataWarning, match="folder 'pictures': 'readme.md' left out, no image"):
        load(root)


def test_portable_maps_are_pictures(write_tree: Tree):
    grey = b"P5 2 2 255 abcd"
    root = write_tree({"0/a.PGM": grey, "0/b.pgm": grey, "1/a.ppm": b"P6 2 2 255 abcdefghijkl"})
    train = load(root)
    assert (train.classes, train.shape) == (("0", "1"), (1, 2, 2))


TINY = {
    **tree("train/n01/images", "train/n02/images", each=3),
    **tree("val/images", "test/images", each=2),
    "train/n01/n01_boxes.txt": b"n01_0.JPEG\t0\t0\t1\t1\n",
    "val/val_annotations.txt": b"0.png\tn02\t0\t0\t1\t1\n1.png\tn01\t0\t0\t1\t1\n9.png\tn01\t0\n",
    "words.txt": b"n01\ta fish\n",
}


@pytest.mark.parametrize("top", ["", "tiny-imagenet-200/"])
def test_tiny_imagenet(top: str, tmp_path: Path):
    path = zipped(tmp_path / "tiny.zip", {top + name: content for name, content in TINY.items()})
    train, test = load(path), load(path, "test")
    assert train.classes == test.classes == ("n01", "n02")
    assert train.labels.tolist() == [0, 0, 0, 1, 1, 1]
    labels = {test.filename(row): test.classes[int(test.labels[row])] for row in range(2)}
    assert labels == {f"{top}val/images/0.png": "n02", f"{top}val/images/1.png": "n01"}
    assert [note.removeprefix("folder 'tiny': ") for note in notes(path)] == [
        f"2 images such as '{top}test/images/0.png' left out, as test has no class folders",
        f"2 files such as '{top}train/n01/n01_boxes.txt' left out, no image such as PNG or JPEG",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"0.png\tn02\n", "'val/val_annotations.txt' has no line for '1.png', but one for each"),
        (b"0.png\tn02\n1.png\n", "line 2 names no class, but a file and its class are wanted"),
        (b"0.png n02\n", "line 1 names no class"),
        (b"\xff\xfe\0", "line 1 names no class"),
    ],
)
def test_damaged_lists_of_tiny_imagenet(text: bytes, message: str, tmp_path: Path):
    path = zipped(tmp_path / "tiny.zip", TINY | {"val/val_annotations.txt": text})
    with pytest.raises(DataError, match=message):
        load(path)
