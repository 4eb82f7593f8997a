from __future__ import annotations

import io
import unicodedata
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from tests.data.conftest import encoded, picture
from xaitool.data.load import load_dataset
from xaitool.data.memory import MemoryDataset
from xaitool.errors import DataError

pytestmark = pytest.mark.filterwarnings("ignore::xaitool.errors.DataWarning")

Tree = Callable[[dict[str, bytes]], Path]


def load(path: Path, split: Any = "train", **options: Any) -> Any:
    return load_dataset(f"folder:{path}", split, **options)


def pictures(*names: str, size: tuple[int, int] = (8, 8)) -> dict[str, bytes]:
    """Random pictures, all different."""
    return {name: encoded(picture(seed, size)) for seed, name in enumerate(names)}


def zipped(path: Path, files: dict[str, bytes], **options: Any) -> Path:
    with zipfile.ZipFile(path, "w", **options) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


SPLIT = pictures("train/cat/1.png", "train/dog/1.png", "train/dog/2.png", "test/dog/3.png")

FROZEN = ["cat/04.png", "cat/07.png", "dog/05.png", "dog/08.png"]


def test_split_folders(write_tree: Tree):
    root = write_tree(SPLIT)
    train, test = load(root), load(root, "test")
    assert isinstance(train, MemoryDataset)
    assert train.classes == test.classes == ("cat", "dog")
    assert (train.labels.tolist(), test.labels.tolist()) == ([0, 1, 1], [1])
    assert train.filename(1) == "train/dog/1.png"
    assert train.name == f"folder:{root}"
    for dataset in (train, test):
        for index in range(len(dataset)):
            original = Image.open(io.BytesIO(SPLIT[dataset.filename(index)]))
            pixels = dataset.images([index])[0].mul(255).byte().permute(1, 2, 0)
            assert np.array_equal(pixels, np.asarray(original))


@pytest.mark.parametrize("top", ["", "set/", "outer/inner/"])
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
def test_a_zip_is_the_folder_in_it(top: str, method: int, write_tree: Tree, tmp_path: Path):
    folder = load(write_tree(SPLIT), "test")
    files = {top + name: content for name, content in SPLIT.items()}
    archive = load(zipped(tmp_path / "set.zip", files, compression=method), "test")
    assert archive.digest == folder.digest
    assert archive.filename(0) == top + folder.filename(0)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["pictures", "set.zip"]


def test_val_is_the_test_split_only_where_there_is_no_test(write_tree: Tree):
    root = write_tree(pictures("train/a/1.png", "val/a/2.png", "val/b/3.png"))
    assert load(root, "test").labels.tolist() == [0, 1]
    write_tree(pictures("test/b/4.png"))
    dataset = load(root, "test")
    assert dataset.filename(0) == "test/b/4.png"
    assert dataset.left_out == ("val/a/2.png", "val/b/3.png")


def test_without_split_folders_a_fixed_stratified_fifth_is_the_test_split(write_tree: Tree):
    names = [f"{kind}/{number:02}.png" for kind in ("cat", "dog") for number in range(10)]
    root = write_tree(pictures(*names))
    train, test = load(root), load(root, "test")
    assert train.labels.bincount().tolist() == [8, 8]
    assert test.labels.bincount().tolist() == [2, 2]
    found = [dataset.filename(i) for dataset in (train, test) for i in range(len(dataset))]
    assert sorted(found) == names
    # The same for ever: independent of seeds, versions and machines.
    assert [test.filename(i) for i in range(4)] == FROZEN


def test_one_folder_of_classes_and_one_flat_folder_are_one_class(write_tree: Tree, tmp_path: Path):
    flat = pictures(*(f"{number}.png" for number in range(5)))
    root = write_tree(flat)
    assert load(root).classes == ("pictures",)
    assert len(load(root)) == 4
    below = {f"kitten/{name}": content for name, content in flat.items()}
    assert load(zipped(tmp_path / "set.zip", below)).classes == ("kitten",)
    inside = {f"train/{name}": content for name, content in flat.items()}
    assert load(zipped(tmp_path / "other.zip", inside)).classes == ("other",)


def test_what_is_no_picture_is_skipped_and_listed(write_tree: Tree):
    junk = {
        "train/cat/notes.txt": b"x",
        "train/cat/.hidden.png": b"x",
        "__MACOSX/train/cat/1.png": b"x",
        ".git/1.png": b"x",
        "train/.DS_Store": b"x",
        "extra/cat/5.png": b"x",
        "train/loose.png": b"x",
    }
    dataset = load(write_tree(SPLIT | junk))
    assert dataset.classes == ("cat", "dog")
    assert sorted(dataset.left_out) == sorted(junk)


def test_suffixes_in_capitals_and_nested_class_folders(write_tree: Tree):
    root = write_tree(pictures("train/a/deep/1.PNG", "train/b/2.Png", "test/a/3.png"))
    assert load(root).labels.tolist() == [0, 1]


def test_links_to_folders_are_followed_and_loops_end(write_tree: Tree, tmp_path: Path):
    root = write_tree(SPLIT)
    (root / "train" / "dog" / "loop").symlink_to(root)
    linked = tmp_path / "linked"
    linked.mkdir()
    for split in ("train", "test"):
        (linked / split).symlink_to(root / split)
    assert len(load(root)) == len(load(linked)) == 3


@pytest.mark.parametrize("damage", [b"no picture", b"", SPLIT["train/cat/1.png"][:60]])
def test_a_damaged_picture_stops_or_is_skipped(damage: bytes, write_tree: Tree):
    root = write_tree(SPLIT | {"train/dog/0.png": damage})
    with pytest.raises(DataError, match=r"image 'train/dog/0.png' is "):
        load(root)
    dataset = load(root, on_error="skip")
    assert dataset.skipped == ("train/dog/0.png",)
    assert [dataset.filename(index) for index in range(3)] == [
        "train/cat/1.png",
        "train/dog/1.png",
        "train/dog/2.png",
    ]
    assert len(load(root, "test")) == 1


def test_nothing_but_damage(write_tree: Tree):
    root = write_tree({"train/a/1.png": b"x", "train/a/2.png": b"y"})
    with pytest.raises(DataError, match="has no picture that can be decoded"):
        load(root, on_error="skip", image_size=8, channels=1)


def test_shape_is_the_first_pictures_unless_given(write_tree: Tree):
    grey = encoded(picture(0, (12, 7), mode="L"))
    root = write_tree({"test/a/1.png": grey} | pictures("train/a/1.png", size=(30, 20)))
    assert load(root, "train").shape == load(root, "test").shape == (1, 7, 7)
    assert load(root, image_size=5, channels=3).shape == (3, 5, 5)
    assert load(root, image_size=5).shape == (1, 5, 5)


def test_pictures_are_resized_and_cut_to_the_centre(write_tree: Tree):
    wide = Image.new("RGB", (30, 10), "red")
    wide.paste("blue", (10, 0, 20, 10))
    image = load(write_tree({"a/1.png": encoded(wide)})).images([0])[0]
    assert image.shape == (3, 10, 10)
    assert torch.equal(image.flatten(1).unique(dim=1), torch.tensor([[0.0], [0.0], [1.0]]))


def test_messages(write_tree: Tree, tmp_path: Path):
    text = tmp_path / "text.zip"
    text.write_text("no zip")
    root = write_tree({"readme.txt": b"x"})
    only_train = zipped(tmp_path / "train.zip", pictures("train/a/1.png"))
    for path, split, message in [
        (tmp_path / "absent", "train", "absent' does not exist, but a folder of images or"),
        (text, "train", "text.zip' cannot be opened .File is not a zip file., but"),
        (root, "train", "folder 'pictures' has no pictures, but a PNG"),
        (only_train, "test", "has no pictures for the split 'test'"),
    ]:
        with pytest.raises(DataError, match=message):
            load(path, split)


def test_a_name_is_one_name_in_any_normal_form(write_tree: Tree):
    composed, apart = (unicodedata.normalize(form, "café") for form in ("NFC", "NFD"))
    files = pictures(*(f"{folder}/{index}.png" for folder in (apart, "the") for index in range(5)))
    root = write_tree(files)
    data = load(root)
    assert data.classes == (composed, "the")
    assert data.filename(0).startswith(apart)
    for typed in (composed, apart):
        found = load(root, classes=["the", typed])
        assert found.classes == ("the", composed)
        assert torch.equal(found.labels, 1 - data.labels)


@pytest.mark.data
def test_real_cifar10_zip(real_data: Path):
    path = real_data / "cifar10.zip"
    test = load(path, "test", classes=["cat", "3", "ship"][1:])
    assert (len(test), test.shape, test.classes) == (2000, (3, 32, 32), ("cat", "ship"))
    assert test.labels.bincount().tolist() == [1000, 1000]
    name = test.filename(1500)
    with zipfile.ZipFile(path) as archive:
        original = np.asarray(Image.open(io.BytesIO(archive.read(name))))
    assert np.array_equal(test.pixels[1500].permute(1, 2, 0), original)
