"""Which files of a folder are the images of a split, and of which class."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.data.folders.test_split_folders import notes, tree
from tests.data.sets.test_image_folder import load, pictures, zipped
from xaitool.data.files.file_sources import open_source
from xaitool.data.folders.folder_layout import arrange
from xaitool.errors import DataError

pytestmark = pytest.mark.filterwarnings("ignore::xaitool.errors.DataWarning")

Tree = Callable[[dict[str, bytes]], Path]


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


def test_pictures_beside_one_folder_of_classes(write_tree: Tree):
    root = write_tree(tree("data/cat", "data/dog", each=2) | pictures("logo.png"))
    assert load(root).classes == ("cat", "dog")
    assert notes(root) == ("folder 'pictures': 'logo.png' left out, in no class folder",)


def test_portable_maps_are_pictures(write_tree: Tree):
    grey = b"P5 2 2 255 abcd"
    root = write_tree({"0/a.PGM": grey, "0/b.pgm": grey, "1/a.ppm": b"P6 2 2 255 abcdefghijkl"})
    train = load(root)
    assert (train.classes, train.shape) == (("0", "1"), (1, 2, 2))
