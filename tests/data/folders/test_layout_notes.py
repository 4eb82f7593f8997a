"""What is said of a folder's odd contents: nothing goes in silence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.data.folders.test_split_folders import notes, tree
from tests.data.sets.test_image_folder import load, pictures
from xaitool.errors import DataWarning

Tree = Callable[[dict[str, bytes]], Path]


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


def test_loading_warns_of_it(write_tree: Tree):
    root = write_tree(tree("train/cat", "test/cat") | {"readme.md": b"x"})
    with pytest.warns(DataWarning, match="folder 'pictures': 'readme.md' left out, no image"):
        load(root)
