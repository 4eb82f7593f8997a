"""CelebA's files as torchvision lays them out, with few pictures."""

from __future__ import annotations

import os
import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision import datasets

from tests.data.conftest import encoded, picture
from xaitool.data.lazy import LazyDataset
from xaitool.data.load import load_dataset
from xaitool.data.sets import celeba, image_folder
from xaitool.data.sets.celeba import ATTRIBUTES, PARTITION, PICTURES
from xaitool.errors import DataError, InputError, UnknownNameError

OTHERS = tuple(f"Attribute_{number}" for number in range(38))
TITLES = (*OTHERS[:18], "Heavy_Makeup", "Male", *OTHERS[18:])
PARTS = (0, 0, 0, 0, 1, 1, 2, 2, 2)
NAMES = tuple(f"{number:06}.jpg" for number in range(1, len(PARTS) + 1))
SIGNS = np.where(np.random.default_rng(0).random((len(PARTS), 40)) < 0.5, -1, 1)


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder ``celeba``, in the columns that the official lists have."""

    def offline(*_: object, **__: object) -> None:
        raise RuntimeError("no network")

    monkeypatch.setattr(datasets, "CelebA", offline)
    folder = tmp_path / "celeba"
    (folder / PICTURES).mkdir(parents=True)
    lines = [str(len(PARTS)), " ".join(TITLES) + " "]
    for name, signs in zip(NAMES, SIGNS, strict=True):
        seed = int(name[:6])
        (folder / PICTURES / name).write_bytes(encoded(picture(seed, (178, 218)), "jpeg"))
        lines.append(f"{name} " + " ".join(f"{sign:2}" for sign in signs))
    (folder / ATTRIBUTES).write_text("\n".join(lines) + "\n")
    partition = (f"{name} {part}\n" for name, part in zip(NAMES, PARTS, strict=True))
    (folder / PARTITION).write_text("".join(partition))
    return folder


def load(tree: Path, split: Any = "train", options: str = "", **more: Any) -> Any:
    return load_dataset(f"celeba{options}", split, data_dir=tree.parent, **more)


@pytest.mark.parametrize(
    ("split", "options", "part"),
    [("train", "", 0), ("test", "", 2), ("test", ":test=valid", 1), ("train", ":test=valid", 0)],
)
def test_official_parts_and_attributes(tree: Path, split: str, options: str, part: int):
    data = load(tree, split, options)
    chosen = [index for index, one in enumerate(PARTS) if one == part]
    assert [data.filename(row) for row in range(len(data))] == [NAMES[index] for index in chosen]
    assert tuple(data.attributes) == TITLES
    for column, title in enumerate(TITLES):
        attribute = data.attributes[title]
        assert attribute.names == ("no", "yes")
        assert attribute.values.tolist() == (SIGNS[chosen, column] == 1).astype(int).tolist()
    assert data.classes == ("no", "yes")
    assert torch.equal(data.labels, data.attributes["Heavy_Makeup"].values)
    assert list(data.sensitive) == ["Male"]
    assert (data.name, data.split, data.shape) == (f"celeba{options}", split, (3, 64, 64))


def test_other_attributes_are_label_and_sensitive(tree: Path):
    data = load(tree, label="Attribute_3", sensitive=["Heavy_Makeup", "Male"])
    assert torch.equal(data.labels, data.attributes["Attribute_3"].values)
    assert data.sensitive_values().tolist() == (SIGNS[:4, 18:20] == 1).astype(int).tolist()
    assert load(tree, label="Male").sensitive == {}
    with pytest.raises(InputError, match="'Heavy_Makeup' is the label and sensitive"):
        load(tree, sensitive=["Heavy_Makeup"])
    with pytest.raises(UnknownNameError, match="unknown attribute 'Mele'; did you mean 'Male'"):
        load(tree, label="Mele")


def test_pixels_are_those_of_the_authors_box(tree: Path):
    path = tree / PICTURES / NAMES[1]
    with Image.open(path) as image:
        box = image.crop((25, 45, 25 + 128, 45 + 128))
    whole = load(tree, image_size=128)
    assert np.array_equal(whole.pixels[1].permute(1, 2, 0), np.asarray(box))
    small = np.asarray(box.resize((64, 64), Image.Resampling.BILINEAR))
    assert np.array_equal(load(tree).pixels[1].permute(1, 2, 0), small)
    with Image.open(path) as image:
        wide = np.asarray(image.crop((0, 20, 178, 198)))
    assert np.array_equal(
        load(tree, options=":crop=178", image_size=178).pixels[1].permute(1, 2, 0), wide
    )
    assert load(tree, channels=1, image_size=20).shape == (1, 20, 20)


def test_large_ones_are_lazy_and_the_same(tree: Path, monkeypatch: pytest.MonkeyPatch):
    memory = load(tree)
    monkeypatch.setattr(image_folder, "MEMORY_LIMIT", 0)
    lazy, other = load(tree), load(tree, options=":crop=100")
    assert isinstance(lazy, LazyDataset)
    assert torch.equal(lazy.images([2, 0]), memory.images([2, 0]))
    assert torch.equal(lazy.sensitive_values(), memory.sensitive_values())
    assert lazy.digest != other.digest


def test_a_picture_that_is_listed_and_absent(tree: Path):
    (tree / PICTURES / NAMES[2]).unlink()
    with pytest.raises(DataError, match=f"1 of the 4 pictures of 'celeba' are not in.*{NAMES[2]}"):
        load(tree)
    data = load(tree, on_error="skip")
    assert data.skipped == (NAMES[2],)
    assert data.sensitive_values()[:, 0].tolist() == (SIGNS[[0, 1, 3], 19] == 1).tolist()
    assert len(load(tree, "test")) == 3


@pytest.mark.parametrize("name", [PICTURES, ATTRIBUTES, PARTITION])
def test_absent_files_are_named_with_their_folder(tree: Path, name: str):
    (tree / name).rename(tree / "elsewhere")
    with pytest.raises(DataError) as caught:
        load(tree)
    assert f"has no {name} in '{tree}' and could not be downloaded (no network)" in str(
        caught.value
    )
    assert str(tree / PICTURES) in str(caught.value.hint)


def test_what_the_download_brings_is_read(tree: Path, monkeypatch: pytest.MonkeyPatch):
    content = (tree / PARTITION).read_bytes()
    (tree / PARTITION).unlink()

    def download(root: Path, *, split: str, download: bool) -> None:
        assert (root, split, download) == (tree.parent, "all", True)
        (tree / PARTITION).write_bytes(content)

    monkeypatch.setattr(datasets, "CelebA", download)
    assert len(load(tree)) == 4


@pytest.mark.parametrize(
    ("file", "line", "text", "message"),
    [
        (PARTITION, 2, "000002.jpg", "line 2 is damaged, but a picture and 0, 1 or 2"),
        (PARTITION, 5, "000005.jpg 3", "line 5 is damaged"),
        (ATTRIBUTES, 2, "Male Young", "line 2 is damaged, but names of attributes, with Heavy"),
        (ATTRIBUTES, 4, "000002.jpg" + " 1" * 39, "line 4 is damaged, but a picture and 40 times"),
        (ATTRIBUTES, 4, "000002.jpg" + " 0" * 40, "line 4 is damaged"),
        (ATTRIBUTES, 4, "", "has no line for '000002.jpg', but one for each"),
    ],
)
def test_damaged_lists(tree: Path, file: str, line: int, text: str, message: str):
    lines = (tree / file).read_text().splitlines()
    lines[line - 1] = text
    (tree / file).write_text("\n".join(lines))
    with pytest.raises(DataError, match=message) as caught:
        load(tree)
    assert str(tree / file) in str(caught.value)


def test_lists_that_are_empty_or_no_text(tree: Path):
    (tree / PARTITION).write_text("")
    with pytest.raises(DataError, match="has no train pictures"):
        load(tree)
    (tree / PARTITION).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match=r"cannot be read .*, but CelebA's list is wanted"):
        load(tree)


def test_torchvision_reads_the_same(tree: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.undo()
    monkeypatch.setattr(datasets.CelebA, "_check_integrity", lambda self: True)
    for name, header in (
        ("identity_CelebA.txt", 0),
        ("list_bbox_celeba.txt", 2),
        ("list_landmarks_align_celeba.txt", 2),
    ):
        lines = ["x"] * header + [f"{name} 1" for name in NAMES]
        (tree / name).write_text("\n".join(lines))
    theirs = datasets.CelebA(tree.parent, split="test")
    ours = load(tree, "test")
    values = torch.stack([one.values for one in ours.attributes.values()], dim=1)
    assert torch.equal(theirs.attr, values)
    assert [str(name) for name in theirs.filename] == [ours.filename(row) for row in range(3)]


def as_kaggle(tree: Path) -> None:
    """The same as Kaggle has it: lists of commas, and the folder of pictures in itself."""
    (tree / PICTURES).rename(tree / "outer")
    (tree / PICTURES).mkdir()
    (tree / "outer").rename(tree / PICTURES / PICTURES)
    _, titles, *lines = (tree / ATTRIBUTES).read_text().splitlines()
    rows = [",".join(["image_id", *titles.split()]), *(",".join(line.split()) for line in lines)]
    (tree / "list_attr_celeba.csv").write_text("\n".join(rows) + "\n")
    rows = ["image_id,partition", *(tree / PARTITION).read_text().replace(" ", ",").splitlines()]
    (tree / "list_eval_partition.csv").write_text("\r\n".join(rows) + "\r\n")
    for name in (ATTRIBUTES, PARTITION):
        (tree / name).unlink()


def as_zip(tree: Path) -> None:
    """The pictures as the authors pack them."""
    with zipfile.ZipFile(tree / f"{PICTURES}.zip", "w") as archive:
        for path in (tree / PICTURES).iterdir():
            archive.write(path, f"{PICTURES}/{path.name}")
    shutil.rmtree(tree / PICTURES)


@pytest.mark.parametrize("arranged", [as_kaggle, as_zip])
def test_other_arrangements_of_the_same_files(arranged: Any, tree: Path):
    before = [load(tree, split) for split in ("train", "test")]
    arranged(tree)
    after = [load(tree, split) for split in ("train", "test")]
    for one, other in zip(before, after, strict=True):
        assert torch.equal(one.pixels, other.pixels)
        assert torch.equal(one.sensitive_values(), other.sensitive_values())
        assert {name: v.values.tolist() for name, v in one.attributes.items()} == {
            name: v.values.tolist() for name, v in other.attributes.items()
        }
        names = [other.filename(row) for row in range(len(other))]
        assert names == [f"{PICTURES}/{one.filename(row)}" for row in range(len(one))]


@pytest.mark.parametrize(
    ("file", "line", "text", "message"),
    [
        ("list_eval_partition.csv", 2, "000001.jpg", "line 2 is damaged, but a picture and 0, 1"),
        ("list_eval_partition.csv", 3, "000002.jpg,7", "line 3 is damaged"),
        ("list_attr_celeba.csv", 1, "image_id,Male", "line 1 is damaged, but names of attributes"),
        ("list_attr_celeba.csv", 3, "000002.jpg" + ",1" * 39, "line 3 is damaged, but a picture"),
    ],
)
def test_damaged_lists_of_kaggle(tree: Path, file: str, line: int, text: str, message: str):
    as_kaggle(tree)
    lines = (tree / file).read_text().splitlines()
    lines[line - 1] = text
    (tree / file).write_text("\n".join(lines))
    with pytest.raises(DataError, match=f"{file}' {message}"):
        load(tree)


def test_a_damaged_zip_and_lists_without_an_end(tree: Path, monkeypatch: pytest.MonkeyPatch):
    as_zip(tree)
    path = tree / f"{PICTURES}.zip"
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DataError, match=rf"{PICTURES}.zip' cannot be opened"):
        load(tree)
    monkeypatch.setattr(celeba, "MAXIMUM_TABLE_BYTES", 100)
    with pytest.raises(DataError, match=rf"{PARTITION}' has 117 bytes, but at most 100 are read"):
        load(tree)
    (tree / PARTITION).unlink()
    os.mkfifo(tree / PARTITION)
    with pytest.raises(DataError, match=f"{PARTITION}' is a pipe, but a file is wanted"):
        load(tree)
