"""Tiny ImageNet's list of classes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.data.folders.test_split_folders import notes, tree
from tests.data.sets.test_image_folder import load, zipped
from xaitool.errors import DataError

pytestmark = pytest.mark.filterwarnings("ignore::xaitool.errors.DataWarning")


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


@pytest.mark.parametrize("top", ["", "tiny/", "train/", "tiny/train/"])
def test_the_folder_of_a_single_class_is_the_class(top: str, tmp_path: Path):
    files = tree(f"{top}n01/images", each=3)
    if "train" in top:
        files |= tree(f"{top.replace('train', 'val')}n01/images", each=3)
    assert load(zipped(tmp_path / "tiny.zip", files)).classes == ("n01",)


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
