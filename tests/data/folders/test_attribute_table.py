"""Folders of pictures with a CSV file that says what is known of them."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.data.conftest import encoded, picture
from tests.data.sets.test_image_folder import zipped
from xaitool.data.lazy import LazyDataset
from xaitool.data.load import load_dataset, stratified_split
from xaitool.data.sets import image_folder
from xaitool.errors import DataError, UnknownNameError

pytestmark = pytest.mark.filterwarnings("ignore::xaitool.errors.DataWarning")

Tree = Callable[[dict[str, bytes]], Path]

FLAT = {f"{number}.png": encoded(picture(number)) for number in range(10)}
LABELS = ("yes", "no", "no", "no", "yes", "yes", "no", "yes", "no", "yes")
SEXES = ("f", "m", "m", "f", "f", "m", "m", "f", "m", "f")
AGES = ("old", "young", "young", "old", "older", "young", "old", "old", "young", "old")
SPLITS = ("train", "test", "train", "val", "train", "test", "train", "train", "test", "train")


def table(columns: str, *values: tuple[str, ...], names: Any = tuple(FLAT)) -> bytes:
    rows = [",".join(cells) for cells in zip(names, *values, strict=True)]
    return "\n".join([columns, *rows, ""]).encode()


CSV = table("filename,label,sensitive,age", LABELS, SEXES, AGES)


def load(path: Path, split: Any = "train", **options: Any) -> Any:
    return load_dataset(f"folder:{path}", split, **options)


def numbers(data: Any) -> list[int]:
    return [int(Path(data.filename(row)).stem) for row in range(len(data))]


def check_rows(data: Any, names: tuple[str, ...] = SEXES, attribute: str = "sensitive") -> None:
    """Class and attribute are those of the picture."""
    for row, number in enumerate(numbers(data)):
        found = data.attributes[attribute]
        assert found.names[int(found.values[row])] == names[number]
        assert data.classes[int(data.labels[row])] == LABELS[number]
        assert torch.equal(data.images([row])[0], load_flat_image(number)), (
            "picture and line belong together"
        )


def load_flat_image(number: int) -> torch.Tensor:
    return torch.from_numpy(np.asarray(picture(number)).copy()).permute(2, 0, 1).float() / 255


@pytest.mark.parametrize("name", ["attributes.csv", "people.csv"])
def test_labels_and_attributes_come_from_the_table(name: str, write_tree: Tree):
    root = write_tree(FLAT | {name: CSV})
    train, test = load(root), load(root, "test")
    for data in (train, test):
        assert data.classes == ("no", "yes")
        assert list(data.attributes) == ["label", "sensitive", "age"]
        assert list(data.sensitive) == ["sensitive"]
        assert data.attributes["age"].names == ("old", "older", "young")
        assert data.left_out == ()
        check_rows(data)
        check_rows(data, AGES, "age")
    labels = torch.tensor([int(label == "yes") for label in LABELS])
    expected = [one.tolist() for one in stratified_split(labels, 0.2, 0)]
    assert [numbers(train), numbers(test)] == expected


def test_others_are_label_and_sensitive(write_tree: Tree):
    root = write_tree(FLAT | {"attributes.csv": CSV})
    data = load(root, label="sensitive", sensitive=["age", "label"])
    assert data.classes == ("f", "m")
    assert list(data.sensitive) == ["age", "label"]
    with pytest.raises(UnknownNameError) as caught:
        load(root, sensitive=["gender"])
    assert caught.value.hint == "one of: label, sensitive, age"


def test_a_column_names_the_splits(write_tree: Tree):
    root = write_tree(FLAT | {"attributes.csv": table("filename,split,label", SPLITS, LABELS)})
    assert numbers(load(root)) == [0, 2, 4, 6, 7, 9]
    assert numbers(load(root, "test")) == [1, 5, 8]
    assert load(root).left_out == ("3.png",)
    assert list(load(root).attributes) == ["label"]
    val = tuple(split.replace("test", "val") for split in SPLITS)
    root = write_tree(FLAT | {"attributes.csv": table("filename,split,label", val, LABELS)})
    assert numbers(load(root, "test")) == [1, 3, 5, 8]


def test_folders_name_classes_and_splits_that_the_table_does_not(write_tree: Tree):
    names = (
        "train/cat/1.png",
        "train/dog/2.png",
        "test/cat/3.png",
        "test/dog/4.png",
        "val/x/5.png",
    )
    files = {name: encoded(picture(seed)) for seed, name in enumerate(names)}
    csv = table("filename,sensitive", ("a", "b", "b", "c", "a"), names=names)
    root = write_tree(files | {"attributes.csv": csv})
    train, test = load(root), load(root, "test")
    assert (train.classes, train.labels.tolist()) == (("cat", "dog"), [0, 1])
    assert train.attributes["sensitive"].names == ("a", "b", "c")
    assert train.sensitive_values().tolist() == [[0], [1]]
    assert test.sensitive_values().tolist() == [[1], [2]]
    moved = table("filename,split", ("test", "train", "train", "train", "test"), names=names)
    (root / "attributes.csv").write_bytes(moved)
    test = load(root, "test")
    assert [test.filename(row) for row in range(2)] == ["train/cat/1.png", "val/x/5.png"]
    assert test.classes == ("cat", "dog", "x")


@pytest.mark.parametrize("top", ["", "set/", "deep/set/"])
def test_zips_with_a_folder_around_everything(top: str, tmp_path: Path):
    files = {top + name: content for name, content in FLAT.items()}
    path = zipped(
        tmp_path / "set.zip", files | {f"{top}attributes.csv": CSV, "__MACOSX/attributes.csv": b"x"}
    )
    data = load(path)
    assert data.left_out == ("__MACOSX/attributes.csv",)
    check_rows(data)


def test_pictures_below_folders_and_a_file_of_a_spreadsheet(write_tree: Tree):
    files = {f"pictures/{name}": content for name, content in FLAT.items()}
    names = [f'"./pictures/{name}"' for name in FLAT]
    text = table("filename , label,sensitive", LABELS, SEXES, names=names).decode()
    text = "\ufeff" + text.replace("\n", " \r\n") + "\r\n,,\r\n"
    check_rows(load(write_tree(files | {"attributes.csv": text.encode()})))


def test_names_are_of_any_normal_form(write_tree: Tree):
    composed, apart = (unicodedata.normalize(form, "é") for form in ("NFC", "NFD"))
    names = tuple(f"{apart}{number}.png" for number in range(10))
    typed = tuple(f"{composed}{number}.png" for number in range(10))
    csv = table(f"filename,label,{apart}", (apart, *LABELS[1:]), SEXES, names=typed)
    root = write_tree(dict(zip(names, FLAT.values(), strict=True)) | {"attributes.csv": csv})
    data = load(root, sensitive=[apart])
    assert data.filename(0) in names
    assert list(data.sensitive) == [composed]
    assert composed in data.classes
    assert load(root, label=apart).classes == ("f", "m")


def test_large_ones_are_lazy_and_damage_takes_its_line_along(
    write_tree: Tree, monkeypatch: pytest.MonkeyPatch
):
    root = write_tree(FLAT | {"attributes.csv": CSV, "0.png": b"no picture"})
    for limit in (image_folder.MEMORY_LIMIT, 0):
        monkeypatch.setattr(image_folder, "MEMORY_LIMIT", limit)
        data = load(root, image_size=8, channels=3, on_error="skip")
        assert isinstance(data, LazyDataset) == (limit == 0)
        assert data.skipped == ("0.png",)
        check_rows(data)


def test_a_csv_that_is_none_of_attributes_is_left_alone(write_tree: Tree):
    plain = {"a/1.png": FLAT["1.png"], "a/2.png": FLAT["2.png"], "b/1.png": FLAT["3.png"]}
    notes = {"notes.csv": b"who,what\nme,\xff\n", "a/attributes.csv": b"x"}
    data = load(write_tree(plain | notes))
    assert data.left_out == ("a/attributes.csv", "notes.csv")
    assert data.classes == ("a", "b")
    assert data.attributes == {}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "'attributes.csv' line 1 has the columns of an empty file, but filename"),
        (b"file,label\n0.png,a\n", "line 1 has the columns file, label, but filename and"),
        (b"filename,label,label\n", "line 1 has the columns filename, label, label, but"),
        (b"filename,label\n0.png,a\n\n1.png\n", "line 4 has 1 values, but 2 are wanted"),
        (b"filename,label\n0.png,a\n1.png, \n", "line 3 has no 'label', but a value is wanted"),
        (b"filename,label\n,a\n", "line 2 has no 'filename'"),
        (b"filename,label\n10.png,a\n", "line 2 names the file '10.png' that does not exist"),
        (b"filename,label\n../0.png,a\n", "line 2 names the file '../0.png' that does not"),
        (b"filename,label\n0.png,a\n./0.png,a\n", "line 3 names the file '0.png' a second time"),
        (b"filename,label\nattributes.csv,a\n", "'attributes.csv' that is no picture"),
        (b"filename,split\n0.png,dev\n", "line 2 has the split 'dev', but train, test, val are"),
        (b"filename,label\n0.png,a\n", "'attributes.csv' has no line for the picture '1.png'"),
        (b'filename,label\n"0.png,a\n', r"line \d cannot be read .*, but a CSV file in UTF-8"),
        (b"filename,label\n0.png,\xff\n", "'attributes.csv' cannot be read .*, but a CSV file in"),
    ],
)
def test_messages_name_file_and_line(content: bytes, message: str, write_tree: Tree):
    root = write_tree(FLAT | {"attributes.csv": content})
    with pytest.raises(DataError, match=message) as caught:
        load(root)
    assert "attributes.csv" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_picture_of_a_split(write_tree: Tree):
    root = write_tree(FLAT | {"attributes.csv": table("filename,split", ("train",) * 10)})
    with pytest.raises(DataError, match="has no pictures for the split 'test'"):
        load(root, "test")
